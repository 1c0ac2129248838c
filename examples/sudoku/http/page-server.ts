import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {SocketAddress} from 'cotcp';
import {messageOf} from '../../shared/errors.js';
import type {Statistics} from '../statistics/statistics.js';
import {askServer} from './wire-client.js';

/** Bytes of a request's body. */
const maxBody = 1024;

export interface PageOptions {
	readonly port: number;
	readonly host: string;
	/** Who solves. */
	readonly server: SocketAddress;
	readonly statistics: Statistics;
}

export interface PageServer {
	readonly port: number;
	stop(): Promise<void>;
}

/** What goes wrong because of the request. */
class Refusal extends Error {
	readonly status: number;

	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

/** One page, and what its script asks for. */
export async function startPageServer(options: PageOptions): Promise<PageServer> {
	const page = await readFile(new URL('page.html', import.meta.url));
	const http = createServer((request, response) => {
		answer(request, response, {...options, page}).catch((error: unknown) => {
			const status = error instanceof Refusal ? error.status : 502;
			sendJson(response, status, {error: messageOf(error)});
		});
	});
	http.listen(options.port, options.host);
	await once(http, 'listening');
	return {
		port: (http.address() as AddressInfo).port,
		async stop() {
			http.close();
			http.closeAllConnections();
			await once(http, 'close');
		},
	};
}

async function answer(
	request: IncomingMessage,
	response: ServerResponse,
	{page, server, statistics}: PageOptions & {readonly page: Buffer},
): Promise<void> {
	switch (`${request.method ?? ''} ${request.url ?? ''}`) {
		case 'GET /':
			response.writeHead(200, {
				'content-type': 'text/html; charset=utf-8',
				// The page needs nothing from elsewhere.
				'content-security-policy':
					"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:",
			});
			response.end(page);
			return;
		case 'POST /solve':
			sendJson(response, 200, await askServer(server, puzzleOf(await readBody(request))));
			return;
		case 'GET /statistics':
			sendJson(response, 200, statistics.snapshot());
			return;
		default:
			throw new Refusal(404, 'There is only /, /solve and /statistics');
	}
}

/** One line, or it would be several requests. */
function puzzleOf(text: string): string {
	if (/[\r\n]/u.test(text)) throw new Refusal(400, 'The grid must be one line');
	return text;
}

async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		chunks.push(chunk);
		length += chunk.length;
		if (length > maxBody) throw new Refusal(413, `The grid must have at most ${maxBody} bytes`);
	}

	return Buffer.concat(chunks).toString('latin1');
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
	response.writeHead(status, {'content-type': 'application/json', 'cache-control': 'no-store'});
	response.end(JSON.stringify(value));
}
