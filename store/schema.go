package store

// schema1 is the first version. repositories.tips is the list of objects that
// refs named when it was last searched (gzip), repositories.refs their hash, and
// searched what the forge said of the last push then.
// A lease is of the worker that searches it.
const schema1 = `
create table repositories (
	id SERIAL,
	name text not null,
	source text not null,
	address text not null,
	native text not null default '',
	branch text not null default '',
	exposure text not null default '',
	archived integer not null default 0,
	fork integer not null default 0,
	pushed text not null default '',
	searched text not null default '',
	state text not null default 'new',
	problem text not null default '',
	refs text not null default '',
	tips BYTES,
	rules text not null default '',
	seen_at bigint not null default 0,
	added_at bigint not null default 0,
	scanned_at bigint not null default 0,
	wanted_at bigint not null default 0,
	failed_at bigint not null default 0,
	failures bigint not null default 0,
	bytes bigint not null default 0,
	incomplete integer not null default 0,
	worker text not null default '',
	fence bigint not null default 0,
	unique (source, name)
);
create index repositories_state on repositories (state, name);
create index repositories_native on repositories (source, native);
create table rulesets (
	digest text primary key,
	providers text not null,
	added_at bigint not null
);
create table identities (
	id text primary key,
	provider text not null,
	type text not null,
	name text not null,
	owner text not null,
	risk integer not null,
	confidence double precision not null,
	status text not null,
	record text not null,
	added_at bigint not null,
	changed_at bigint not null
);
create index identities_owner on identities (owner, id);
create table owners (
	identity text not null references identities (id),
	n integer not null,
	name text not null,
	kind text not null,
	source text not null,
	confidence double precision not null,
	gone integer not null,
	primary key (identity, n)
);
create index owners_name on owners (name);
create table findings (
	id text primary key,
	rule text not null,
	title text not null,
	provider text not null,
	severity double precision not null,
	confidence text not null,
	about text not null,
	rotate text not null,
	encoding text not null,
	more text not null,
	state text not null,
	status text not null,
	verdict text not null,
	identity text not null default '',
	owner text not null default '',
	risk integer not null default 0,
	band text not null default '',
	first_seen bigint not null,
	last_seen bigint not null,
	live_since bigint not null default 0,
	closed_at bigint not null default 0,
	places integer not null default 0,
	repositories integer not null default 0
);
create index findings_overview on findings (state, status, band, provider);
create index findings_risk on findings (state, risk desc, id);
create index findings_late on findings (state, band, first_seen, owner);
create index findings_live on findings (live_since);
create index findings_owner on findings (state, owner, risk);
create index findings_identity on findings (identity);
create index findings_first on findings (first_seen);
create index findings_closed on findings (closed_at);
create table occurrences (
	finding text not null references findings (id),
	repository bigint not null references repositories (id),
	place text not null,
	path text not null,
	line integer not null,
	commit_id text not null,
	at_head integer not null,
	date bigint not null,
	record text not null,
	first_seen bigint not null,
	last_seen bigint not null,
	primary key (finding, repository, place)
);
create index occurrences_repository on occurrences (repository, finding);
create table verdicts (
	id SERIAL,
	finding text not null references findings (id),
	at bigint not null,
	status text not null,
	record text not null
);
create index verdicts_finding on verdicts (finding, id);
create table scans (
	id SERIAL,
	repository bigint not null references repositories (id),
	kind text not null,
	started_at bigint not null,
	ended_at bigint not null,
	worker text not null,
	rules text not null,
	refs text not null,
	commits bigint not null,
	blobs bigint not null,
	bytes bigint not null,
	findings integer not null,
	added integer not null,
	incomplete integer not null,
	problem text not null
);
create index scans_repository on scans (repository, id);
create index scans_ended on scans (ended_at);
create table gaps (
	repository bigint not null references repositories (id),
	reason text not null,
	fix text not null,
	count bigint not null,
	first text not null,
	primary key (repository, reason, fix)
);
create table answers (
	address text primary key,
	tag text not null,
	body BYTES not null,
	at bigint not null
);
create table workers (
	id text primary key,
	host text not null,
	started_at bigint not null,
	beat_at bigint not null
)
`
