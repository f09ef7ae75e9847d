// Asks the browser for a passkey and sends what it says (W3C Web Authentication Level 2, 5.1).
"use strict";
(() => {
  const form = document.getElementById("passkey");
  const octets = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  form.querySelector("button").addEventListener("click", async () => {
    const { publicKey } = JSON.parse(form.dataset.options);
    publicKey.challenge = octets(publicKey.challenge);
    publicKey.allowCredentials = publicKey.allowCredentials.map((one) => ({ ...one, id: octets(one.id) }));
    let shown;
    try {
      shown = await navigator.credentials.get({ publicKey });
    } catch {
      return;
    }
    const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
    form.elements.passkey.value = JSON.stringify({
      id: shown.id,
      response: {
        clientDataJSON: text(clientDataJSON),
        authenticatorData: text(authenticatorData),
        signature: text(signature),
        userHandle: userHandle ? text(userHandle) : null,
      },
    });
    form.submit();
  });
})();
