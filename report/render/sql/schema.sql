-- The tables of `chanrec report --format sqlite`; docs/sql.md explains them.
CREATE TABLE trace(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE places(id INTEGER PRIMARY KEY, func TEXT NOT NULL, file TEXT, line INTEGER);
CREATE TABLE stacks(stack INTEGER, depth INTEGER, place INTEGER, PRIMARY KEY(stack, depth)) WITHOUT ROWID;
CREATE TABLE groups(id INTEGER PRIMARY KEY, name TEXT, created_at INTEGER, entry INTEGER, system INTEGER, at_start INTEGER,
	created INTEGER, exited INTEGER, waits INTEGER, blocked_ns INTEGER);
CREATE TABLE goroutines(id INTEGER PRIMARY KEY, grp INTEGER, parent INTEGER, state TEXT, started_ns INTEGER,
	exited_ns INTEGER, waits INTEGER, blocked_ns INTEGER, reason TEXT, stack INTEGER, system INTEGER);
CREATE TABLE channels(id INTEGER PRIMARY KEY, made_at INTEGER, made_by INTEGER, made_ns INTEGER, closed_by INTEGER,
	closed_ns INTEGER, capacity INTEGER, length INTEGER, waits INTEGER, blocked_ns INTEGER);
CREATE TABLE uses(goroutine INTEGER, channel INTEGER, grp INTEGER, sends INTEGER, receives INTEGER, closes INTEGER,
	selects INTEGER, count INTEGER);
CREATE TABLE waits(id INTEGER PRIMARY KEY, goroutine INTEGER, grp INTEGER, reason TEXT, stack INTEGER, place INTEGER,
	from_ns INTEGER, to_ns INTEGER, goes_on INTEGER, continued INTEGER, kind TEXT, object INTEGER, cause TEXT,
	waker INTEGER);
CREATE TABLE wakes(wait INTEGER PRIMARY KEY, time_ns INTEGER, waker INTEGER, woken INTEGER, cause TEXT, place INTEGER);
CREATE TABLE findings(id INTEGER PRIMARY KEY, kind TEXT, verdict TEXT, strength TEXT, goroutines INTEGER, why TEXT);
CREATE TABLE events(id INTEGER PRIMARY KEY, time_ns INTEGER, type TEXT, goroutine INTEGER, other INTEGER, kind TEXT,
	object INTEGER, reason TEXT, place INTEGER);
CREATE VIEW wait_sites AS SELECT w.grp, g.name, w.reason, p.func, p.file, p.line, sum(NOT w.continued) AS waits,
	sum(w.to_ns - w.from_ns) AS blocked_ns, sum(w.goes_on) AS waiting FROM waits w LEFT JOIN places p ON p.id = w.place
	LEFT JOIN groups g ON g.id = w.grp GROUP BY w.grp, w.reason, w.place;
CREATE VIEW blocked AS SELECT g.id, r.name AS grp, g.reason, p.func, p.file, p.line, w.to_ns - w.from_ns AS waited_ns,
	w.kind, w.object FROM waits w JOIN goroutines g ON g.id = w.goroutine LEFT JOIN groups r ON r.id = g.grp
	LEFT JOIN places p ON p.id = w.place WHERE w.goes_on;
CREATE VIEW stack_lines AS SELECT s.stack, s.depth, p.func, p.file, p.line FROM stacks s JOIN places p ON p.id = s.place;
