/** The file of a unix socket that this process has bound. */
import {lstatSync, unlinkSync} from 'node:fs';
import {resolve} from 'node:path';

export class SocketFile {
	readonly #path: string;
	readonly #inode: bigint;
	readonly #device: bigint;

	private constructor(path: string) {
		const {ino, dev} = lstatSync(path, {bigint: true});
		this.#path = path;
		this.#inode = ino;
		this.#device = dev;
	}

	/** undefined for what has no file: an IP socket, an abstract name. */
	static of(path: string | undefined): SocketFile | undefined {
		if (path === undefined || path.startsWith('\0')) return undefined;
		try {
			// As it is now: the current directory may be another one when it is removed.
			return new SocketFile(resolve(path));
		} catch {
			return undefined; // somebody has removed it already
		}
	}

	/** Removes it, unless it is another one's by now. */
	remove(): void {
		try {
			const {ino, dev} = lstatSync(this.#path, {bigint: true});
			if (ino === this.#inode && dev === this.#device) unlinkSync(this.#path);
		} catch {
			// Gone, or not ours to remove: there is nothing left to do for a socket that is closed.
		}
	}
}
