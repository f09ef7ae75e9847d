// Questions to the server about how somebody signs in. What touches the keys of the house wants a fresh proof first.

import { app } from '../state/app.svelte';

class Confirming {
  /** Whether the proof is being asked for. */
  open = $state(false);
  private answer: ((is: boolean) => void) | null = null;

  ask(): Promise<boolean> {
    this.open = true;
    return new Promise((resolve) => (this.answer = resolve));
  }

  done(is: boolean): void {
    this.open = false;
    this.answer?.(is);
    this.answer = null;
  }
}

export const confirming = new Confirming();

/** Somebody would not prove that it is them. */
export class NotConfirmed extends Error {}

interface Refused {
  error?: string;
  message?: string;
}

async function once(path: string, body: unknown): Promise<{ status: number; read: unknown }> {
  const request = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(path, request);
  return { status: answer.status, read: await answer.json().catch(() => ({})) };
}

/** Asks; asks for a proof first where the server wants one. */
export async function ask<T>(path: string, body?: unknown): Promise<T> {
  let { status, read } = await once(path, body);
  if (status === 403 && (read as Refused).error === 'confirm') {
    if (!(await confirming.ask())) throw new NotConfirmed();
    ({ status, read } = await once(path, body));
  }
  if (status === 401 && path !== '/auth/confirm' && path !== '/auth/password') app.leave();
  if (status >= 400) throw new Error((read as Refused).message ?? (read as Refused).error ?? String(status));
  return read as T;
}

/** The same without asking for a proof: it is the proof. */
export async function prove(body: unknown): Promise<boolean> {
  return (await once('/auth/confirm', body)).status < 300;
}

export async function proveOptions<T>(): Promise<T> {
  return (await once('/auth/confirm/options', {})).read as T;
}
