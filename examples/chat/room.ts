/** One thread's part of the room. Each thread has its own copy of this module, and so its own `members` and `said`. */
import {Buffer} from 'node:buffer';
import {BroadcastChannel} from 'node:worker_threads';
import {EventLoop, type InputBuffer, type TcpConnection, type TcpHandlers} from 'cotcp/reactor';

/** Bytes of a line; the connection of who says more at a time is ended. */
const longestLine = 16 * 1024;

const members = new Set<TcpConnection>();
/** What has been said in this thread in this turn of the loop. */
let said: Buffer[] = [];

// One for each server process: BroadcastChannel does not reach beyond it.
const otherThreads = new BroadcastChannel('cotcp chat');
otherThreads.onmessage = event => {
	const {data} = event as {data: Uint8Array};
	tellMembers(Buffer.from(data.buffer, data.byteOffset, data.length));
};
// A server that has stopped must not be kept alive by it.
otherThreads.unref();

function tellMembers(text: Buffer): void {
	// Writes at once, or into the member's own output buffer: one who does not read delays nobody.
	for (const member of members) if (member.state === 'connected') member.send(text);
}

/** Whatever is said in one turn becomes one message for each thread and one write for each member. */
function say(line: Buffer): void {
	if (said.push(line) > 1) return;
	EventLoop.current().queueInLoop(() => {
		const text = Buffer.concat(said);
		said = [];
		otherThreads.postMessage(text);
		tellMembers(text);
	});
}

function takeLines(connection: TcpConnection, buffer: InputBuffer): void {
	for (let at = buffer.findEOL(); at !== -1; at = buffer.findEOL()) say(Buffer.from(buffer.retrieve(at + 1)));
	if (buffer.readableBytes > longestLine) connection.forceClose();
}

const room: TcpHandlers = {
	onConnection(connection) {
		if (connection.state === 'connected') members.add(connection);
		else members.delete(connection);
	},
	onMessage: takeLines,
};

export default room;
