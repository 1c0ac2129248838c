import test, {type ExecutionContext} from 'ava';
import {startPageServer, type PageServer} from '../http/page-server.js';
import {openPage, testWithChromium} from './chromium.js';
import {grids, host, kindNames, solutions, startServer, type KindName} from './support.js';

const grid = grids[0] as string;
const solution = solutions[0] as string;

/** A page of its own, in front of a server of a kind. */
async function startPage(t: ExecutionContext, kind: KindName = 'basic'): Promise<{page: PageServer; url: string}> {
	const server = await startServer(kind);
	const {port, statistics} = server;
	const page = await startPageServer({port: 0, host, server: {address: host, port, family: 'ipv4'}, statistics});
	t.teardown(async () => {
		await page.stop();
		await server[Symbol.asyncDispose]();
	});
	return {page, url: `http://${host}:${page.port}/`};
}

async function post(url: string, body: string): Promise<{status: number; value: Record<string, unknown>}> {
	const response = await fetch(`${url}solve`, {method: 'POST', body});
	return {status: response.status, value: (await response.json()) as Record<string, unknown>};
}

for (const kind of kindNames) {
	test(`${kind}: the page's request is answered by the server behind it`, async t => {
		const {url} = await startPage(t, kind);
		const {status, value} = await post(url, grid);
		t.is(status, 200);
		t.is(value['line'], solution);
		t.true((value['duration'] as number) > 0);
		t.is((await post(url, `11${grid.slice(2)}`)).value['line'], 'NoSolution');
		t.is((await post(url, '12')).value['line'], 'Bad Request!');
		t.is((await post(url, 'x'.repeat(200))).value['line'], 'Id too long!');
		const statistics = (await (await fetch(`${url}statistics`)).json()) as Record<string, unknown>;
		t.is(statistics['requests'], 2);
		t.is(statistics['solved'], 1);
		t.is(statistics['noSolution'], 1);
		t.is(statistics['bad'], 2);
	});
}

test('a request of the page that is none is refused', async t => {
	const {url} = await startPage(t);
	t.deepEqual(await post(url, `${grid}\r\n${grid}`), {status: 400, value: {error: 'The grid must be one line'}});
	t.deepEqual(await post(url, 'x'.repeat(2000)), {
		status: 413,
		value: {error: 'The grid must have at most 1024 bytes'},
	});
	t.is((await fetch(`${url}other`)).status, 404);
	t.is((await fetch(`${url}solve`)).status, 404);
	t.is((await fetch(url, {method: 'POST'})).status, 404);
});

test('the page tells that the server behind it is gone', async t => {
	const server = await startServer('basic');
	const {port, statistics} = server;
	await server[Symbol.asyncDispose]();
	const page = await startPageServer({port: 0, host, server: {address: host, port, family: 'ipv4'}, statistics});
	t.teardown(async () => page.stop());
	const {status, value} = await post(`http://${host}:${page.port}/`, grid);
	t.is(status, 502);
	t.regex(String(value['error']), /ECONNREFUSED/);
});

test('a port of the page that is taken is an error', async t => {
	const {page} = await startPage(t);
	const server = await startServer('basic');
	const other = startPageServer({
		port: page.port,
		host,
		server: {address: host, port: server.port, family: 'ipv4'},
		statistics: server.statistics,
	});
	await t.throwsAsync(other, {code: 'EADDRINUSE'});
	await server[Symbol.asyncDispose]();
});

const boardText = "[...document.querySelectorAll('#board input')].map(cell => cell.value || '0').join('')";
const status = "document.querySelector('#status').textContent";
const paste = (text: string) => `{
	const data = new DataTransfer();
	data.setData('text', ${JSON.stringify(text)});
	document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}`;

const {run, suffix} = testWithChromium();

run(`in Chromium: a pasted grid is solved, and the board is filled in${suffix}`, async t => {
	t.timeout(110_000);
	const {url} = await startPage(t);
	await using page = await openPage(url);
	await page.evaluate(paste(grid));
	t.is(await page.evaluate(boardText), grid);
	await page.press('Enter');
	await page.until(`${status}.startsWith('Solved in ')`);
	t.is(await page.evaluate(boardText), solution);
	t.regex(String(await page.evaluate(status)), /^Solved in \d+\.\d\d ms/u);
	// Found digits are told from clues.
	const found = await page.evaluate(
		"[...document.querySelectorAll('#board input')].map(cell => Number(cell.classList.contains('found'))).join('')",
	);
	t.is(found, grid.replaceAll(/[1-9]/gu, 'x').replaceAll('0', '1').replaceAll('x', '0'));
	await page.evaluate("document.querySelector('#undo').click()");
	t.is(await page.evaluate(boardText), grid);
	await page.evaluate("document.querySelector('#clear').click()");
	t.is(await page.evaluate(boardText), '0'.repeat(81));
	t.deepEqual(page.complaints, []);
});

run(`in Chromium: everything can be done by keyboard${suffix}`, async t => {
	t.timeout(110_000);
	const {url} = await startPage(t);
	await using page = await openPage(url);
	// The first cell has the focus; a digit goes on to the next one.
	for (const key of ['1', '2', 'x']) await page.press(key);
	t.is(await page.evaluate(boardText), `12${'0'.repeat(79)}`);
	for (const key of ['ArrowDown', 'ArrowLeft', '1']) await page.press(key);
	t.is(await page.evaluate(boardText), `12${'0'.repeat(8)}1${'0'.repeat(70)}`);
	await page.press('Enter');
	await page.until(`${status}.startsWith('There is no solution')`);
	t.is(await page.evaluate("document.activeElement.getAttribute('aria-label')"), 'row 2, column 3');
	// What is found does not stay when a clue changes.
	for (const key of ['ArrowLeft', '3', 'Enter']) await page.press(key);
	await page.until(`${status}.startsWith('Solved in ')`);
	t.regex(String(await page.evaluate(boardText)), /^12[1-9]{8}3[1-9]{70}$/u);
	await page.press('4');
	t.is(await page.evaluate(boardText), `12${'0'.repeat(8)}34${'0'.repeat(69)}`);
	await page.evaluate(paste('123'));
	t.is(await page.evaluate(status), 'A grid has 81 digits, not 3.');
	t.deepEqual(page.complaints, []);
});

run(`in Chromium: the second view shows the statistics as they change${suffix}`, async t => {
	t.timeout(110_000);
	const {url} = await startPage(t);
	await using page = await openPage(url);
	await page.evaluate("document.querySelector('#tab-solve').focus()");
	await page.press('ArrowRight');
	t.is(await page.evaluate('document.activeElement.id'), 'tab-statistics');
	t.true(await page.evaluate("document.querySelector('#view-solve').hidden"));
	const solved =
		"[...document.querySelectorAll('#numbers tr')].find(row => row.cells[0].textContent === 'solved')?.cells[1].textContent";
	await page.until(`${solved} === '0'`);
	await post(url, grid);
	await page.until(`${solved} === '1'`);
	t.true((await page.evaluate("document.querySelectorAll('#classes tr').length")) === 1);
	await page.press('ArrowLeft');
	t.true(await page.evaluate("document.querySelector('#view-statistics').hidden"));
	t.deepEqual(page.complaints, []);
});

test('the page takes several requests at once beside other clients', async t => {
	const {url} = await startPage(t, 'pool');
	const answers = await Promise.all(grids.slice(0, 20).map(async one => post(url, one)));
	t.deepEqual(
		answers.map(({value}) => value['line']),
		solutions.slice(0, 20),
	);
});
