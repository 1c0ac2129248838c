/** Senders have four bits of every byte. */
export const mostSenders = 16;
const numbers = 16;

/** Who sends how much. */
export interface Plan {
	readonly senders: number;
	readonly messages: number;
	/** Bytes of a message. */
	readonly size: number;
}

/** Every byte of a message tells whose it is, and the number of the message modulo 16: so no byte can be taken for another message's. */
export function byteOf(sender: number, message: number): number {
	return sender * numbers + (message % numbers);
}

/** Sender and message from 0. */
export function makeMessage(sender: number, message: number, size: number): Uint8Array {
	return new Uint8Array(size).fill(byteOf(sender, message));
}

export function senderOf(byte: number): number {
	return Math.floor(byte / numbers);
}
