// Passkeys: what the browser wants in octets and the server says in base64url, and back (WebAuthn level 3, 5.1).

export interface RequestOptions {
  challenge: string;
  rpId?: string;
  timeout?: number;
  userVerification?: UserVerificationRequirement;
  allowCredentials?: { type: 'public-key'; id: string; transports?: AuthenticatorTransport[] }[];
}

export function toOctets(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

export function toText(octets: ArrayBuffer | null): string | null {
  if (!octets) return null;
  const binary = String.fromCharCode(...new Uint8Array(octets));
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Asks for a passkey; what it says as the server reads it. */
export async function askPasskey(wrapped: RequestOptions | { publicKey: RequestOptions }): Promise<unknown> {
  const given = 'publicKey' in wrapped ? wrapped.publicKey : wrapped;
  const publicKey: PublicKeyCredentialRequestOptions = {
    ...given,
    challenge: toOctets(given.challenge),
    allowCredentials: (given.allowCredentials ?? []).map((known) => ({ ...known, id: toOctets(known.id) })),
  };
  const found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const shown = found.response as AuthenticatorAssertionResponse;
  return {
    id: found.id,
    rawId: toText(found.rawId),
    type: found.type,
    response: {
      clientDataJSON: toText(shown.clientDataJSON),
      authenticatorData: toText(shown.authenticatorData),
      signature: toText(shown.signature),
      userHandle: toText(shown.userHandle),
    },
  };
}

export interface CreationOptions {
  challenge: string;
  rp: PublicKeyCredentialRpEntity;
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: PublicKeyCredentialParameters[];
  timeout?: number;
  attestation?: AttestationConveyancePreference;
  authenticatorSelection?: AuthenticatorSelectionCriteria;
  excludeCredentials?: { type: 'public-key'; id: string; transports?: AuthenticatorTransport[] }[];
}

/** Makes a passkey; what is to be kept of it as the server reads it. */
export async function makePasskey(wrapped: CreationOptions | { publicKey: CreationOptions }): Promise<unknown> {
  const given = 'publicKey' in wrapped ? wrapped.publicKey : wrapped;
  const publicKey: PublicKeyCredentialCreationOptions = {
    ...given,
    challenge: toOctets(given.challenge),
    user: { ...given.user, id: toOctets(given.user.id) },
    excludeCredentials: (given.excludeCredentials ?? []).map((known) => ({ ...known, id: toOctets(known.id) })),
  };
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const shown = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id,
    rawId: toText(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: toText(shown.clientDataJSON),
      attestationObject: toText(shown.attestationObject),
    },
  };
}
