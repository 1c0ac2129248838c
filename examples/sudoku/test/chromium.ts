/** Headless Chromium, driven over its debugging pipe: JSON with a NUL behind it, on descriptors 3 and 4. */
import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {once} from 'node:events';
import type {Readable, Writable} from 'node:stream';
import test from 'ava';

export interface Page extends AsyncDisposable {
	/** The value of an expression, awaited. @throws what the page throws */
	evaluate(expression: string): Promise<unknown>;
	/** Resolves to the expression's value once it is no `false`; looks at it in every frame. */
	until(expression: string): Promise<unknown>;
	/** A key as if pressed: `ArrowDown`, `Enter`, `Tab`, `5`. */
	press(key: string): Promise<void>;
	/** Errors and violations that the page has told of. */
	readonly complaints: readonly string[];
}

interface Message {
	readonly id?: number;
	readonly method?: string;
	readonly params?: unknown;
	readonly result?: Record<string, unknown>;
	readonly error?: {readonly message: string};
}

interface Waiter {
	readonly resolve: (result: Record<string, unknown>) => void;
	readonly reject: (error: Error) => void;
}

/** Requests and their answers. */
class Pipe {
	readonly #input: Writable;
	readonly #onEvent: (method: string, params: unknown) => void;
	readonly #waiting = new Map<number, Waiter>();
	#lastId = 0;

	constructor(input: Writable, output: Readable, onEvent: (method: string, params: unknown) => void) {
		this.#input = input;
		this.#onEvent = onEvent;
		let rest = '';
		output.setEncoding('utf8');
		output.on('data', (piece: string) => {
			const messages = (rest + piece).split('\0');
			rest = messages.pop() ?? '';
			for (const message of messages) this.#take(JSON.parse(message) as Message);
		});
		output.on('close', () => {
			for (const {reject} of this.#waiting.values()) reject(new Error('Chromium has ended'));
		});
		input.on('error', () => {}); // it has ended, as above
	}

	async call(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
		const id = ++this.#lastId;
		const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
			this.#waiting.set(id, {resolve, reject});
		});
		this.#input.write(`${JSON.stringify({id, method, params, ...(sessionId === undefined ? {} : {sessionId})})}\0`);
		return answer;
	}

	#take({id, method, params, result, error}: Message): void {
		if (id === undefined) {
			this.#onEvent(method ?? '', params);
			return;
		}

		const waiter = this.#waiting.get(id);
		this.#waiting.delete(id);
		if (error === undefined) waiter?.resolve(result ?? {});
		else waiter?.reject(new Error(error.message));
	}
}

const virtualKeys: Readonly<Record<string, number>> = {
	Tab: 9,
	Enter: 13,
	ArrowLeft: 37,
	ArrowUp: 38,
	ArrowRight: 39,
	ArrowDown: 40,
};

/** Opens a page; resolves when it has loaded. */
export async function openPage(url: string): Promise<Page> {
	const folder = await mkdtemp(join(tmpdir(), 'cotcp-chromium-'));
	const options = [
		'--headless',
		'--no-sandbox',
		'--disable-gpu',
		'--disable-dev-shm-usage',
		'--no-first-run',
		'--remote-debugging-pipe',
	];
	const child = spawn('chromium', [...options, `--user-data-dir=${folder}`, 'about:blank'], {
		stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
		// It writes to places of its own there.
		env: {...process.env, HOME: folder},
	});
	const ended = once(child, 'close');
	const complaints: string[] = [];
	const pipe = new Pipe(child.stdio[3] as Writable, child.stdio[4] as Readable, (method, params) => {
		if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded')
			complaints.push(JSON.stringify(params));
	});
	const {targetId} = await pipe.call('Target.createTarget', {url: 'about:blank'});
	const {sessionId} = await pipe.call('Target.attachToTarget', {targetId, flatten: true});
	const call = async (method: string, params: object = {}) => pipe.call(method, params, String(sessionId));
	const evaluate = async (expression: string) => {
		const {result, exceptionDetails} = await call('Runtime.evaluate', {
			expression,
			awaitPromise: true,
			returnByValue: true,
		});
		if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
		return (result as {value?: unknown}).value;
	};

	const until = async (expression: string) => {
		for (;;) {
			const value = await evaluate(`new Promise(requestAnimationFrame).then(() => (${expression}))`);
			if (value !== false) return value;
		}
	};

	await Promise.all([call('Runtime.enable'), call('Log.enable'), call('Page.enable')]);
	await call('Page.navigate', {url});
	await until(`location.href === ${JSON.stringify(url)} && document.readyState === 'complete'`);
	return {
		evaluate,
		until,
		complaints,
		async press(key) {
			const code = virtualKeys[key] ?? key.charCodeAt(0);
			const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
			const event = {key, code: key, windowsVirtualKeyCode: code, ...(text === undefined ? {} : {text})};
			await call('Input.dispatchKeyEvent', {type: 'keyDown', ...event});
			await call('Input.dispatchKeyEvent', {type: 'keyUp', key, code: key, windowsVirtualKeyCode: code});
		},
		async [Symbol.asyncDispose]() {
			child.kill('SIGKILL');
			await ended;
			await rm(folder, {recursive: true, force: true, maxRetries: 10});
		},
	};
}

/** A test in Chromium: skipped, with a title that tells so, where there is none; the gate has it. */
export function testWithChromium(): {readonly run: typeof test.serial; readonly suffix: string} {
	const folders = (process.env['PATH'] ?? '').split(delimiter);
	if (folders.some(folder => existsSync(join(folder, 'chromium')))) return {run: test.serial, suffix: ''};
	const skip = test.serial.skip as typeof test.serial;
	return {run: process.env['COTCP_CI'] === '1' ? test.serial : skip, suffix: ' (needs chromium)'};
}
