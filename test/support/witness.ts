/**
 * A peer in Python, which tells an end from a reset for certain: node:net up to libuv 1.51 takes a short read and a hang-up
 * for an end.
 */
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import type {ExecutionContext} from 'ava';
import {connect, type ConnectionOptions, type CoTcpConnection} from '../../src/index.js';
import {within} from './wait.js';

const program = `
import socket, sys
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
peer, _ = listener.accept()
sys.stdin.readline()
count = 0
try:
    while True:
        data = peer.recv(65536)
        if not data:
            print(count, 'end', flush=True)
            break
        count += len(data)
except ConnectionResetError:
    print(count, 'reset', flush=True)
sys.stdin.read()
`;

export interface Witness {
	readonly connection: CoTcpConnection;
	/** Begins to receive; resolves to the number of bytes and how it ended. */
	readonly testify: () => Promise<{bytes: number; ended: string}>;
}

/** A connection to a witness that receives nothing before it is asked. */
export async function witnessed(t: ExecutionContext, options: ConnectionOptions = {}): Promise<Witness> {
	const child = spawn('python3', ['-c', program], {stdio: ['pipe', 'pipe', 'inherit']});
	t.teardown(() => child.kill('SIGKILL'));
	const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
	const line = async (what: string): Promise<string> => {
		const {value} = (await within(lines.next(), what)) as IteratorResult<string, undefined>;
		return String(value);
	};
	const connection = await connect({host: '127.0.0.1', port: Number(await line('a port')), ...options});
	t.teardown(async () => {
		connection.reset();
		await connection.closed;
	});
	return {
		connection,
		async testify() {
			child.stdin.write('\n');
			const [bytes, ended = ''] = (await line('the end at the witness')).split(' ');
			return {bytes: Number(bytes), ended};
		},
	};
}
