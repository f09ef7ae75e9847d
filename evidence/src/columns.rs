//! Columns: which value of a row means what, from the row of names at the head of a log.

/// The names of the columns of a log, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
}

impl Columns {
    /// From a row of names between commas, with or without `#Fields:` before it.
    #[must_use]
    pub fn parse(row: &str) -> Self {
        let row = strip(row);
        Self::of(row.split(',').map(|name| name.trim().trim_matches('"')))
    }

    /// From a row of names between blanks, as IIS writes it.
    // W3C Extended Log File Format (WD-logfile-960323) 3: `#Fields:` lists the columns of what follows.
    #[must_use]
    pub fn parse_w3c(row: &str) -> Self {
        Self::of(strip(row).split_ascii_whitespace())
    }

    /// From names.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().take(super::field::COLUMNS_MAX);
        Self {
            names: names.map(str::to_ascii_lowercase).collect(),
        }
    }

    /// Where a column stands; the case of letters does not matter.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name))
    }

    /// Where the first of several names stands.
    #[must_use]
    pub fn first_of(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.position(name))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names, in small letters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

fn strip(row: &str) -> &str {
    let row = row.trim().trim_start_matches('\u{feff}');
    row.strip_prefix("#Fields:").unwrap_or(row).trim()
}

/// The columns of HttpProxy logs of Exchange 2016, for logs whose head is cut off.
pub const HTTP_PROXY: &str = "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,\
    Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,\
    UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,TargetServer,\
    TargetServerVersion,RoutingType,RoutingHint,BackEndCookie,ServerLocatorHost,ServerLocatorLatency,RequestBytes,\
    ResponseBytes,TargetOutstandingRequests,AuthModulePerfContext,HttpPipelineLatency,CalculateTargetBackEndLatency,\
    GlsLatencyBreakup,TotalGlsLatency,AccountForestLatencyBreakup,TotalAccountForestLatency,ResourceForestLatencyBreakup,\
    TotalResourceForestLatency,ADLatency,SharedCacheLatencyBreakup,TotalSharedCacheLatency,ActivityContextLifeTime,\
    ModuleToHandlerSwitchingLatency,ClientReqStreamLatency,BackendReqInitLatency,BackendReqStreamLatency,\
    BackendProcessingLatency,BackendRespInitLatency,BackendRespStreamLatency,ClientRespStreamLatency,\
    KerberosAuthHeaderLatency,HandlerCompletionLatency,RequestHandlerLatency,HandlerToModuleSwitchingLatency,ProxyTime,\
    CoreLatency,RoutingLatency,HttpProxyOverhead,TotalRequestTime,RouteRefresherLatency,UrlQuery,BackEndGenericInfo,\
    GenericInfo,GenericErrors,EdgeTraceId,DatabaseGuid,UserADObjectGuid,PartitionEndpointLookupLatency,RoutingStatus";

/// The columns of the ECP server log.
pub const ECP_SERVER: &str = "TimeStamp,ServerName,EventId,EventData";

/// The columns that IIS writes unless it is told otherwise.
pub const IIS: &str = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) \
    sc-status sc-substatus sc-win32-status time-taken";

/// The columns of Rps_Cmdlet logs that come first, for logs whose head is cut off.
pub const RPS_CMDLET: &str = "DateTime,StartTime,RequestId,ClientRequestId,MajorVersion,MinorVersion,BuildVersion,\
    RevisionVersion,ServerHostName,ProcessId,ProcessName,ThreadId,CultureInfo,Organization,AuthenticatedUser,\
    ExecutingUserSid,EffectiveOrganization,UserServicePlan,IsAdmin,ClientApplication,Cmdlet,Parameters,CmdletUniqueId";

/// The columns of logs of Exchange Web Services that come first, for logs whose head is cut off.
pub const EWS: &str = "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,Ring,ClientRequestId,\
    AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,UserAgent,VersionInfo,ClientIpAddress,ServerHostName,\
    FrontEndServer,SoapAction,HttpStatus,RequestSize,ResponseSize,ErrorCode,ImpersonatedUser,ProxyAsUser,ActAsUser,Cookie,\
    CorrelationGuid";

/// The columns of message tracking logs, for logs whose head is cut off.
pub const MESSAGE_TRACKING: &str = "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,\
    source,event-id,internal-message-id,message-id,network-message-id,recipient-address,recipient-status,total-bytes,\
    recipient-count,related-recipient-address,reference,message-subject,sender-address,return-path,message-info,\
    directionality,tenant-id,original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,schema-version";

/// The columns of protocol logs of SMTP.
pub const SMTP: &str = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context";

/// The columns of protocol logs of IMAP and POP.
pub const IMAP_POP: &str = "dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_heads_are_read() {
        let with = Columns::parse("#Fields: DateTime,RequestId,\"UrlStem\"");
        assert_eq!(with, Columns::parse("\u{feff}datetime,REQUESTID,urlstem\r"));
        assert_eq!(with.position("RequestID"), Some(1));
        assert_eq!(
            Columns::parse_w3c("#Fields: date time cs-uri-stem").position("cs-uri-stem"),
            Some(2)
        );
        assert_eq!(Columns::parse(HTTP_PROXY).len(), 74);
    }
}
