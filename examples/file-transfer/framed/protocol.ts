import type {FileFacts} from '../shared/regular-file.js';

/** The byte tables are in the README. All numbers are big-endian. */
export const version = 1;
export const requestLength = 16;
/** Of the header without the name. */
export const headerLength = 32;
export const digestLength = 32;
export const digestAlgorithm = 'sha256';
/** Bytes; what Linux allows a file name to have. */
export const maxNameLength = 255;

export const statuses = ['ok', 'version', 'offset'] as const;

/** - `version`: the server speaks another one
 * - `offset`: it lies beyond the end of the file */
export type Status = (typeof statuses)[number];

export interface HeaderStart extends Omit<FileFacts, 'name'> {
	readonly version: number;
	readonly status: Status;
	/** Bytes. */
	readonly nameLength: number;
	/** Where the bytes that follow begin. */
	readonly offset: number;
}

/** The bytes are no message of this protocol. */
export class FormatError extends Error {
	override readonly name = 'FormatError';
}

const magic = 'cotf';

export function encodeRequest(offset: number): Buffer {
	const bytes = Buffer.alloc(requestLength);
	bytes.write(magic, 0, 'latin1');
	bytes.writeUInt8(version, 4);
	bytes.writeBigUInt64BE(BigInt(offset), 8);
	return bytes;
}

export function decodeRequest(bytes: Buffer): {version: number; offset: number} {
	checkMagic(bytes);
	return {version: bytes.readUInt8(4), offset: readSize(bytes, 8, 'offset')};
}

export function encodeHeader(facts: FileFacts, offset: number): Buffer {
	const name = Buffer.from(facts.name);
	if (name.length < 1 || name.length > maxNameLength) {
		throw new FormatError(`the name must have 1 to ${maxNameLength} bytes, not ${name.length}`);
	}

	const start = Buffer.alloc(headerLength);
	start.write(magic, 0, 'latin1');
	start.writeUInt8(version, 4);
	start.writeUInt16BE(name.length, 6);
	start.writeBigUInt64BE(BigInt(facts.size), 8);
	start.writeBigInt64BE(facts.mtimeNs, 16);
	start.writeBigUInt64BE(BigInt(offset), 24);
	return Buffer.concat([start, name]);
}

/** A header that only says why nothing follows. */
export function encodeRefusal(status: Exclude<Status, 'ok'>): Buffer {
	const start = Buffer.alloc(headerLength);
	start.write(magic, 0, 'latin1');
	start.writeUInt8(version, 4);
	start.writeUInt8(statuses.indexOf(status), 5);
	return start;
}

/** Checks everything that the receiver will rely on, before it allocates or writes anything. */
export function decodeHeaderStart(bytes: Buffer): HeaderStart {
	checkMagic(bytes);
	const status = statuses[bytes.readUInt8(5)];
	if (status === undefined) throw new FormatError(`unknown status ${bytes.readUInt8(5)}`);
	const nameLength = bytes.readUInt16BE(6);
	const size = readSize(bytes, 8, 'size');
	const offset = readSize(bytes, 24, 'offset');
	if (status === 'ok' && (nameLength < 1 || nameLength > maxNameLength)) {
		throw new FormatError(`the name must have 1 to ${maxNameLength} bytes, not ${nameLength}`);
	}

	if (offset > size) throw new FormatError(`offset ${offset} lies beyond the size ${size}`);
	return {version: bytes.readUInt8(4), status, nameLength, size, offset, mtimeNs: bytes.readBigInt64BE(16)};
}

export function decodeName(bytes: Buffer): string {
	try {
		return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
	} catch (error) {
		throw new FormatError('the name is no UTF-8', {cause: error});
	}
}

function checkMagic(bytes: Buffer): void {
	if (bytes.toString('latin1', 0, 4) !== magic) throw new FormatError(`a message must begin with '${magic}'`);
}

function readSize(bytes: Buffer, at: number, what: string): number {
	const value = bytes.readBigUInt64BE(at);
	if (value > BigInt(Number.MAX_SAFE_INTEGER))
		throw new FormatError(`${what} ${value} is above ${Number.MAX_SAFE_INTEGER}`);
	return Number(value);
}
