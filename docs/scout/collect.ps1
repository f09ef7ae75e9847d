# Gathers the evidence that `scout assess` reads from an Exchange server. Changes nothing on the server but the folder it writes.
# Run as administrator in the Exchange Management Shell (or Windows PowerShell 4 or later on the server):
#     powershell -ExecutionPolicy Bypass -File collect.ps1 -Out D:\evidence -Days 120
# Take the folder away on a medium of its own, and read it on another machine: scout assess evidence/

param(
    [string] $Out = "$env:SystemDrive\scout-evidence",
    # Logs that were changed within so many days; 0 for all. Older ones are then missing, and scout says so.
    [int] $Days = 0
)

$ErrorActionPreference = 'Continue'
New-Item -ItemType Directory -Force -Path $Out, "$Out\logs", "$Out\events", "$Out\lists", "$Out\exports", "$Out\config" | Out-Null
$since = if ($Days -gt 0) { (Get-Date).AddDays(-$Days) } else { [datetime]::MinValue }
function Say([string] $text) { Write-Host ("{0:HH:mm:ss} {1}" -f (Get-Date), $text) }

# Where Exchange is installed.
$exchange = $env:ExchangeInstallPath
if (-not $exchange) {
    $exchange = (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\ExchangeServer\v15\Setup' -ErrorAction SilentlyContinue).MsiInstallPath
}
if (-not $exchange) {
    $exchange = (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\ExchangeServer\v14\Setup' -ErrorAction SilentlyContinue).MsiInstallPath
}

# The folder of the logs of IIS.
$sites = "$env:SystemDrive\inetpub\logs\LogFiles"
try {
    $set = (Get-ItemProperty 'IIS:\' -ErrorAction Stop).siteDefaults.logFile.directory
    if ($set) { $sites = [Environment]::ExpandEnvironmentVariables($set) }
} catch { }

# Folders of Exchange's logs that tell how the machine is, not who came: counters, probes, the index.
$machine = 'Diagnostics', 'Monitoring', 'Search'
$channels = 'Application', 'Security', 'System', 'MSExchange Management', 'Windows PowerShell',
    'Microsoft-Windows-PowerShell/Operational', 'Microsoft-Windows-Sysmon/Operational', 'Microsoft-Windows-TaskScheduler/Operational'
$eventLogs = "$env:SystemRoot\System32\winevt\Logs"

# 0. Which logs there are at all: so scout can tell one that this server never had from one that nobody collected.
Say 'lists: log files'
$roots = @($sites, $eventLogs)
if ($exchange) { $roots += (Join-Path $exchange 'Logging'), (Join-Path $exchange 'TransportRoles\Logs') }
$roots | Where-Object { Test-Path -LiteralPath $_ } |
    ForEach-Object { Get-ChildItem -LiteralPath $_ -Recurse -File -Force -ErrorAction SilentlyContinue } |
    Select-Object FullName, Length, @{ n = 'LastWriteTimeUtc'; e = { $_.LastWriteTimeUtc.ToString('yyyy-MM-dd HH:mm:ss') } } |
    Export-Csv -NoTypeInformation -Encoding UTF8 -Path "$Out\lists\log-files.csv"

# 1. Logs, in the folders in which they lie. Files that are open are copied as far as they are written.
function Copy-Logs([string] $from, [string] $to) {
    if (-not (Test-Path -LiteralPath $from)) { return }
    Get-ChildItem -LiteralPath $from -Recurse -File -ErrorAction SilentlyContinue |
        Where-Object { $_.LastWriteTime -ge $since -and $_.Extension -in '.log', '.txt' } |
        ForEach-Object {
            $target = Join-Path $to $_.FullName.Substring($from.Length).TrimStart('\')
            New-Item -ItemType Directory -Force -Path (Split-Path $target) | Out-Null
            try {
                $read = [IO.File]::Open($_.FullName, 'Open', 'Read', 'ReadWrite, Delete')
                $write = [IO.File]::Create($target)
                $read.CopyTo($write)
                $write.Dispose(); $read.Dispose()
                (Get-Item -LiteralPath $target).LastWriteTimeUtc = $_.LastWriteTimeUtc
            } catch { Say "not copied: $($_.Exception.Message)" }
        }
}
if ($exchange) {
    foreach ($log in Get-ChildItem -LiteralPath (Join-Path $exchange 'Logging') -Directory -ErrorAction SilentlyContinue | Where-Object { $_.Name -notin $machine }) {
        Say "logs: $($log.Name)"
        Copy-Logs $log.FullName "$Out\logs\Logging\$($log.Name)"
    }
    Say 'logs: transport'
    Copy-Logs (Join-Path $exchange 'TransportRoles\Logs') "$Out\logs\TransportRoles\Logs"
}
Say 'logs: IIS'
Copy-Logs $sites "$Out\logs\LogFiles"

# 2. Event logs, as Windows keeps them, and those that it set aside when they were full.
foreach ($log in $channels) {
    Say "events: $log"
    $name = $log -replace '/', '%4'
    & wevtutil.exe epl $log (Join-Path "$Out\events" "$name.evtx") /ow:true 2>$null
    Get-ChildItem -LiteralPath $eventLogs -Filter "Archive-$name-*.evtx" -File -ErrorAction SilentlyContinue |
        ForEach-Object { Copy-Item -LiteralPath $_.FullName -Destination "$Out\events" -ErrorAction SilentlyContinue }
}

# 3. Lists of what lies in web folders, and of what ASP.NET compiled: paths, sizes, times in UTC, hashes.
function Write-List([string[]] $folders, [string] $to, [bool] $hash) {
    $folders | Where-Object { $_ -and (Test-Path -LiteralPath $_) } |
        ForEach-Object { Get-ChildItem -LiteralPath $_ -Recurse -File -Force -ErrorAction SilentlyContinue } |
        Select-Object FullName, Length,
            @{ n = 'CreationTimeUtc'; e = { $_.CreationTimeUtc.ToString('yyyy-MM-dd HH:mm:ss') } },
            @{ n = 'LastWriteTimeUtc'; e = { $_.LastWriteTimeUtc.ToString('yyyy-MM-dd HH:mm:ss') } },
            @{ n = 'SHA256'; e = { if ($hash) { (Get-FileHash -LiteralPath $_.FullName -Algorithm SHA256 -ErrorAction SilentlyContinue).Hash } } } |
        Export-Csv -NoTypeInformation -Encoding UTF8 -Path $to
}
Say 'lists: web folders'
$web = @("$env:SystemDrive\inetpub\wwwroot")
if ($exchange) { $web += (Join-Path $exchange 'FrontEnd\HttpProxy'), (Join-Path $exchange 'ClientAccess') }
Write-List $web "$Out\lists\web-files.csv" $true
Say 'lists: compiled pages'
$caches = 'Framework', 'Framework64' | ForEach-Object {
    Get-ChildItem "$env:SystemRoot\Microsoft.NET\$_\v*\Temporary ASP.NET Files" -Directory -ErrorAction SilentlyContinue
} | ForEach-Object { $_.FullName }
Write-List $caches "$Out\lists\compiled-pages.csv" $true
# The pages themselves, small as they are, and what tells of each compiled page: a genuine name says nothing about the content.
$pages = '.aspx', '.ashx', '.asmx', '.asax', '.asp', '.ascx', '.cshtml', '.svc', '.soap', '.config'
Say 'files: pages'
foreach ($folder in $web) {
    if (-not (Test-Path -LiteralPath $folder)) { continue }
    Get-ChildItem -LiteralPath $folder -Recurse -File -Force -ErrorAction SilentlyContinue |
        Where-Object { $_.Extension -in $pages -and $_.Length -lt 4MB } |
        ForEach-Object {
            $target = Join-Path "$Out\files" ($_.FullName -replace '^([A-Za-z]):', '$1')
            New-Item -ItemType Directory -Force -Path (Split-Path $target) | Out-Null
            Copy-Item -LiteralPath $_.FullName -Destination $target -ErrorAction SilentlyContinue
        }
}

# 4. Configuration of the web server and of transport.
Copy-Item "$env:SystemRoot\System32\inetsrv\config\applicationHost.config" "$Out\config\" -ErrorAction SilentlyContinue
if ($exchange) { Copy-Item (Join-Path $exchange 'TransportRoles\Shared\agents.config') "$Out\config\" -ErrorAction SilentlyContinue }

# 5. Exports of the management shell: what stays after the patch.
if (-not (Get-Command Get-ExchangeServer -ErrorAction SilentlyContinue)) {
    $snapin = 'Microsoft.Exchange.Management.PowerShell.SnapIn', 'Microsoft.Exchange.Management.PowerShell.E2010'
    Add-PSSnapin $snapin -ErrorAction SilentlyContinue
}
function Export([string] $name, [scriptblock] $what) {
    Say "exports: $name"
    # An export that failed is not there: scout says that it is missing.
    try { $all = @(& $what); Export-Clixml -InputObject $all -Path "$Out\exports\$name.xml" -Depth 3 -Encoding UTF8 } catch { Say "${name}: $($_.Exception.Message)" }
}
if (Get-Command Get-ExchangeServer -ErrorAction SilentlyContinue) {
    $ErrorActionPreference = 'Stop'
    $setup = if ($exchange) { (Get-Item (Join-Path $exchange 'Bin\ExSetup.exe')).VersionInfo.FileVersion }
    Export 'exchange-servers' {
        Get-ExchangeServer | Select-Object Name, ServerRole, AdminDisplayVersion, Edition,
            @{ n = 'WhenCreatedUTC'; e = { $_.WhenCreatedUTC.ToString('yyyy-MM-ddTHH:mm:ssZ') } },
            @{ n = 'ExSetupVersion'; e = { if ($_.Name -eq $env:COMPUTERNAME) { $setup } } },
            @{ n = 'CollectedUtc'; e = { (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ') } }
    }
    $boxes = @(Get-Mailbox -ResultSize Unlimited)
    Export 'mailboxes' { $boxes | Select-Object Name, PrimarySmtpAddress, ForwardingAddress, ForwardingSmtpAddress, DeliverToMailboxAndForward, GrantSendOnBehalfTo, AuditEnabled, WhenCreatedUTC }
    Export 'inbox-rules' {
        foreach ($box in $boxes) {
            Get-InboxRule -Mailbox $box.DistinguishedName -IncludeHidden -ErrorAction SilentlyContinue |
                Select-Object Name, Enabled, MailboxOwnerId, ForwardTo, ForwardAsAttachmentTo, RedirectTo, DeleteMessage, MoveToFolder, Description
        }
    }
    Export 'mailbox-permissions' {
        $boxes | Get-MailboxPermission | Where-Object { -not $_.IsInherited } | Select-Object Identity, User, AccessRights, IsInherited, Deny
        $boxes | Get-ADPermission | Where-Object { $_.ExtendedRights -like '*Send-As*' -and -not $_.IsInherited } |
            Select-Object Identity, User, @{ n = 'AccessRights'; e = { 'SendAs' } }, IsInherited, Deny
    }
    Export 'folder-permissions' {
        foreach ($box in $boxes) {
            foreach ($folder in '', '\Inbox', '\Calendar') {
                Get-MailboxFolderPermission "$($box.PrimarySmtpAddress):$folder" -ErrorAction SilentlyContinue | Select-Object Identity, FolderName, User, AccessRights
            }
        }
    }
    Export 'transport-rules' { Get-TransportRule | Select-Object Name, State, Priority, BlindCopyTo, CopyTo, RedirectMessageTo, AddToRecipients, WhenChanged, Description }
    Export 'transport-agents' {
        Get-TransportAgent | Select-Object Identity, Enabled, Priority, TransportAgentFactory, AssemblyPath
    }
    Export 'virtual-directories' {
        foreach ($get in 'Get-OabVirtualDirectory', 'Get-OwaVirtualDirectory', 'Get-EcpVirtualDirectory', 'Get-WebServicesVirtualDirectory',
                'Get-ActiveSyncVirtualDirectory', 'Get-MapiVirtualDirectory', 'Get-PowerShellVirtualDirectory', 'Get-AutodiscoverVirtualDirectory') {
            if (Get-Command $get -ErrorAction SilentlyContinue) {
                & $get -ADPropertiesOnly | Select-Object Identity, Server, InternalUrl, ExternalUrl, Path, WhenChangedUTC
            }
        }
    }
    Export 'role-groups' {
        foreach ($group in Get-RoleGroup) {
            Get-RoleGroupMember $group.DistinguishedName | Select-Object @{ n = 'RoleGroup'; e = { $group.Name } }, @{ n = 'Member'; e = { $_.Name } }, RecipientType
        }
    }
    # Empty where the organisation is not joined to Microsoft 365; otherwise its audit log belongs to the evidence, too.
    Export 'hybrid-configuration' { Get-HybridConfiguration | Select-Object Name, Features, Domains, WhenChangedUTC }
    Export 'role-assignments' { Get-ManagementRoleAssignment -GetEffectiveUsers | Select-Object Role, RoleAssigneeName, EffectiveUserName, WhenCreated }
    $ErrorActionPreference = 'Continue'
}
Export 'scheduled-tasks' {
    Get-ScheduledTask | Select-Object TaskName, TaskPath, State, Author, Date,
        @{ n = 'Actions'; e = { ($_.Actions | ForEach-Object { "$($_.Execute) $($_.Arguments)" }) -join ' | ' } }
}
Export 'accounts' {
    if (Get-Command Get-ADUser -ErrorAction SilentlyContinue) {
        Get-ADUser -Filter * -Properties whenCreated, PasswordLastSet, AdminCount |
            Where-Object { $_.whenCreated -ge (Get-Date '2021-01-01') } | Select-Object SamAccountName, Enabled, whenCreated, PasswordLastSet, AdminCount
    } else { Get-LocalUser | Select-Object @{ n = 'SamAccountName'; e = { $_.Name } }, Enabled, PasswordLastSet, SID }
}
Say "done: $Out"
