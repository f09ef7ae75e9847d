// What a user does in Thunderbird, with the functions that its windows call. Runs inside it, once for each step.

const [step, environment, done] = arguments;
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const WAIT_MILLISECONDS = 30_000;
const seen = [];

// Most of what it does tells nobody when it is finished.
async function until(what, look) {
  const began = Date.now();
  for (;;) {
    const found = look();
    if (found) {
      return found;
    }
    if (Date.now() - began > WAIT_MILLISECONDS) {
      throw new Error(`waited in vain for ${what}`);
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

const account = () => MailServices.accounts.accounts.find(account => account.incomingServer.type === "imap");
const root = () => account().incomingServer.rootFolder;
const inbox = () => root().getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const folder = name => root().subFolders.find(folder => folder.name === name);
const message = subject => [...inbox().messages].find(header => header.mime2DecodedSubject === subject);

function trust(port) {
  const text = environment.certificate.replace(/-----[^-]+-----|\s/g, "");
  const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
  const overrides = Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService);
  overrides.rememberValidityOverride("127.0.0.1", port, {}, database.constructX509FromBase64(text), true);
}

function listener(resolve, reject) {
  return {
    QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener", "nsIUrlListener", "nsIMsgSendListener"]),
    onStartCopy() {},
    onProgress() {},
    setMessageKey() {},
    getMessageId() {
      return null;
    },
    onStopCopy: status => (Components.isSuccessCode(status) ? resolve() : reject(new Error(`copying: ${status}`))),
    onStartSending() {},
    onStatus() {},
    onSendNotPerformed: () => reject(new Error("not sent")),
    // Sent is done when it is also filed, which onStopCopy tells.
    onStopSending: (_id, status, text) =>
      Components.isSuccessCode(status) || reject(new Error(`sending: ${status} ${text}`)),
    onGetDraftFolderURI() {},
    onTransportSecurityError: () => reject(new Error("the certificate is not believed")),
  };
}

const copied = (subject, target, move) =>
  new Promise((resolve, reject) =>
    MailServices.copy.copyMessages(inbox(), [message(subject)], target, move, listener(resolve, reject), null, false)
  );

const steps = {
  async setsUp() {
    seen.push(`Thunderbird ${Services.appinfo.version}`);
    trust(environment.imaps);
    trust(environment.submissions);
    const server = MailServices.accounts.createIncomingServer(environment.user, "127.0.0.1", "imap");
    server.port = environment.imaps;
    server.socketType = Ci.nsMsgSocketType.SSL;
    server.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
    server.password = environment.password;
    const outgoing = MailServices.outgoingServer.createServer("smtp").QueryInterface(Ci.nsISmtpServer);
    outgoing.hostname = "127.0.0.1";
    outgoing.port = environment.submissions;
    outgoing.socketType = Ci.nsMsgSocketType.SSL;
    outgoing.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
    outgoing.username = environment.user;
    outgoing.password = environment.password;
    const identity = MailServices.accounts.createIdentity();
    identity.email = environment.user;
    identity.fullName = "Anna";
    identity.smtpServerKey = outgoing.key;
    identity.valid = true;
    const account = MailServices.accounts.createAccount();
    account.addIdentity(identity);
    account.incomingServer = server;
    server.valid = true;
    server.performExpand(null);
    await until("the standard mailboxes", () => inbox() && root().subFolders.length >= 6);
    const uses = { Sent: "SentMail", Drafts: "Drafts", Trash: "Trash", Junk: "Junk", Archive: "Archive" };
    await until("their uses", () => Object.entries(uses).every(([name, use]) => folder(name)?.getFlag(Ci.nsMsgFolderFlags[use])));
    seen.push(root().subFolders.map(folder => folder.name).join());
  },

  async reads() {
    inbox().updateFolder(null);
    await until("the mail", () => [...inbox().messages].length === 5);
    const uri = inbox().getUriForMsg(message("Brief 1"));
    const text = await new Promise((resolve, reject) => {
      let data = "";
      const stream = {
        QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]),
        onStartRequest() {},
        onDataAvailable(_request, input, _offset, count) {
          const reader = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(Ci.nsIScriptableInputStream);
          reader.init(input);
          data += reader.read(count);
        },
        onStopRequest: (_request, status) => (Components.isSuccessCode(status) ? resolve(data) : reject(new Error(`reading: ${status}`))),
      };
      MailServices.messageServiceFromURI(uri).streamMessage(uri, stream, null, null, false, "", false);
    });
    if (!text.endsWith("\r\n\r\nInhalt 1\r\n")) {
      throw new Error(`another text: ${text}`);
    }
    inbox().markMessagesRead([message("Brief 1")], true);
    inbox().markMessagesFlagged([message("Brief 2")], true);
    inbox().addKeywordsToMessages([message("Brief 2")], "$label1");
  },

  async files() {
    root().createSubfolder("Büro", null);
    await until("the new mailbox", () => folder("Büro"));
    await copied("Brief 3", folder("Büro"), true);
    await copied("Brief 1", folder("Archive"), false);
    inbox().deleteMessages([message("Brief 4")], null, false, false, null, false);
    await until("the mail to be gone", () => !message("Brief 3") && !message("Brief 4"));
  },

  // It has not been told to look: it learns it from IDLE.
  async noticesNewMail() {
    await until("the new mail", () => message("Eilbrief"));
  },

  async sends() {
    const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
    fields.from = environment.user;
    fields.to = environment.other;
    const identity = account().identities[0];
    identity.fccFolderPickerMode = "1";
    identity.doFcc = true;
    identity.fccFolderURI = folder("Sent").URI;
    const file = Services.dirsvc.get("ProfD", Ci.nsIFile);
    file.append("message.eml");
    const text = `From: ${environment.user}\r\nTo: ${environment.other}\r\nSubject: Antwort\r\nMessage-ID: <antwort@example.org>\r\n\r\nInhalt\r\n`;
    await IOUtils.writeUTF8(file.path, text);
    await new Promise((resolve, reject) => {
      const send = Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend);
      const mode = Ci.nsIMsgSend.nsMsgDeliverNow;
      send.sendMessageFile(identity, account().key, fields, file, false, false, mode, null, listener(resolve, reject), "");
    });
  },
};

steps[step]()
  .then(() => done({ done: true, seen }))
  .catch(error => done({ done: false, error: String(error), stack: error.stack, seen }));
