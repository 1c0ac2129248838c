// The sudoku server of the examples on node:net: the same solver, texts and statistics, the answers to a chunk in one write.
import {createServer} from 'node:net';
import {announce} from './common.mjs';
import {
	badRequest,
	decode,
	endOfLine,
	idTooLong,
	maxLineLength,
	parseRequest,
	solutionLine,
} from '../../examples/sudoku/protocol.ts';
import {solve} from '../../examples/sudoku/solver/solver.ts';
import {Recorder} from '../../examples/sudoku/statistics/recorder.ts';

const recorder = new Recorder();

/** The answer to a line, and whether it is the last one. */
function answerTo(line) {
	const request = line.length > maxLineLength ? undefined : parseRequest(line);
	if (request === undefined) {
		recorder.onBad();
		return {answer: line.length > maxLineLength ? idTooLong : badRequest, last: true};
	}
	const start = recorder.onRequest();
	const solution = solve(request.grid);
	recorder.onAnswer(start, solution);
	return {answer: solutionLine(request.id, solution), last: false};
}

const server = createServer({noDelay: true, allowHalfOpen: true}, socket => {
	let rest = '';
	socket.on('data', chunk => {
		if (socket.writableEnded) return;
		const lines = (rest + decode(chunk)).split(endOfLine);
		rest = lines.pop();
		// One byte more may be the first half of the CRLF.
		if (rest.length > maxLineLength + 1) lines.push(rest);
		let answers = '';
		let last = false;
		for (let index = 0; index < lines.length && !last; index++) {
			const answered = answerTo(lines[index]);
			answers += answered.answer;
			last = answered.last;
		}
		const hasRoom = answers === '' || socket.write(answers, 'latin1');
		if (last) socket.end();
		else if (!hasRoom) socket.pause();
	});
	socket.on('drain', () => socket.resume());
	socket.on('end', () => socket.end());
	// A peer's reset ends that connection only.
	socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => announce(server.address().port));
