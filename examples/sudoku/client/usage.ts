export const clientUsage = `Usage: node --import tsx examples/sudoku/client.ts COMMAND [options]

Asks a sudoku server and verifies every answer.

  solve [GRID]     one grid, drawn as a board; without GRID it is read from stdin
  batch FILE       all grids of FILE at once
  pipeline FILE    closed loop: a fixed number of requests in flight
  load FILE        open loop: a fixed number of requests per second, however slow the answers are

  GRID has 81 cells, row by row: digits, and 0 or a dot for an empty one; spaces and line ends do not count.
  FILE has one grid a line; empty lines and those that begin with # do not count.

  --host HOST        address or name of the server (default: 127.0.0.1)
  --port PORT        (default: 9981)
  --timeout SECONDS  give up a connection after so long without an answer that is due (default: 30)
  --help             this text

For batch, pipeline and load:
  --solutions FILE   the right answers, line by line: 81 digits or NoSolution (default: any solution is right)
  --connections C    1 to 10000 (default: batch 1, pipeline and load 10); with batch each asks for all grids
  --no-ids           requests without ids: the answers have to come in order
  --json             one line for programs instead of report and progress

For pipeline:
  --depth P          requests in flight on each connection, 1 to 100000 (default: 10)

For load:
  --rate R           requests per second, 1 to 1000000; has to be given
  --tick MS          what is due in so long goes out together, 1 to 1000 (default: 1)
  --warmup S         seconds of the same before, of which only what is wrong or lost counts; 0 for none (default: 1)

For pipeline and load:
  --duration S       seconds (default: 10)
  --requests N       pipeline only: so many in all, instead of --duration

Exit code 0: every request was answered, and no answer was wrong. NoSolution and ServerTooBusy are answers; for solve they are no success.
1: anything else. 2: wrong arguments.
`;
