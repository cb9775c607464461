//! Reading: what went out, what came in, what waits for a person. Lists go on from a place, whatever their length.

use crate::office::model::{
    ArrivalFilter, ArrivalLine, ArrivalView, BarredLine, DispatchFilter, DispatchLine, DispatchView, Page, ParcelLine,
    Recipient, Standing, StatusLine, Tray,
};
use crate::office::{Office, desk, read};
use bytes::Bytes;
use journal::{Row, Value};
use kernel::{Ctx, Day, Digest, DocumentId, Problem, text};
use records::State;
use std::collections::HashMap;

/// Most lines of a page.
const MOST_LINES: u32 = 100;
/// Most words of a query that are used.
const MOST_WORDS: usize = 12;
/// Most characters of a query that are used.
const MOST_QUERY: usize = 200;
/// Recipients that a line of a list names.
const NAMED: usize = 3;
/// Most that is counted of a tray.
const MOST_COUNTED: i64 = 1000;

/// What a list says of the recipients of a dispatch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DispatchHead {
    /// The first by name.
    pub names: Vec<String>,
    /// How many refused.
    pub refused: i64,
    /// How many were silent beyond their day.
    pub silent: i64,
}

/// A SELECT while its conditions are gathered.
#[derive(Default)]
struct Query {
    conditions: Vec<String>,
    parameters: Vec<Value>,
}

impl Query {
    /// A condition with `$` where the value goes.
    fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.parameters.push(value.into());
        self.conditions.push(condition.replace('$', &format!("${}", self.parameters.len())));
    }
    /// All words occur in a folded column.
    fn words(&mut self, column: &str, query: &str) {
        let query: String = query.chars().take(MOST_QUERY).collect();
        for word in text::fold(&query).split(' ').filter(|word| !word.is_empty()).take(MOST_WORDS) {
            let word = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            self.and(&format!("{column} LIKE $ ESCAPE '!'"), format!("%{word}%"));
        }
    }
    /// Only what stands behind a place, newest first.
    fn behind(&mut self, id: &str, place: Option<&str>) -> Result<(), Problem> {
        let Some(place) = place else { return Ok(()) };
        let parts = place.split_once('~').and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id)));
        let (at, last) = parts.ok_or_else(|| Problem::field("after", "field-invalid"))?;
        self.parameters.extend([at.into(), last.into()]);
        let (one, two) = (self.parameters.len() - 1, self.parameters.len());
        self.conditions.push(format!("(at, {id}) < (${one}, ${two})"));
        Ok(())
    }
    /// Only within these days.
    fn days(&mut self, since: Option<Day>, until: Option<Day>) {
        if let Some(since) = since {
            self.and("at >= $", since.start());
        }
        if let Some(until) = until {
            self.and("at < $", until.end());
        }
    }
    fn sql(&mut self, table: &str, id: &str, limit: u32) -> String {
        self.parameters.push((i64::from(limit) + 1).into());
        let conditions = if self.conditions.is_empty() { "1 = 1".to_owned() } else { self.conditions.join(" AND ") };
        let limit = self.parameters.len();
        format!("SELECT * FROM {table} WHERE {conditions} ORDER BY at DESC, {id} DESC LIMIT ${limit}")
    }
}

fn limit(asked: u32) -> u32 {
    if asked == 0 { 20 } else { asked.min(MOST_LINES) }
}

/// Rows as a page: one more than fits was asked for.
fn page<T>(rows: &[Row], id: &str, limit: u32, one: impl Fn(&Row) -> Result<T, Problem>) -> Result<Page<T>, Problem> {
    let fits = limit as usize;
    let next = match rows.get(fits.wrapping_sub(1)) {
        Some(last) if rows.len() > fits => Some(format!("{}~{}", last.int("at")?, last.text(id)?)),
        _ => None,
    };
    Ok(Page { items: rows.iter().take(fits).map(one).collect::<Result<_, _>>()?, next })
}

impl Office {
    /// What went out or is to go out, newest first.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for who may not see the correspondence; [`Problem::Invalid`] for a place that is none.
    pub async fn dispatches(&self, ctx: &Ctx, filter: &DispatchFilter) -> Result<Page<DispatchLine>, Problem> {
        self.look(ctx, "dispatches", "all", None)?;
        let mut query = Query::default();
        query.behind("dispatch", filter.after.as_deref())?;
        query.words("search_fold", &filter.query);
        query.days(filter.since, filter.until);
        if let Some(state) = filter.state {
            query.and("state = $", state.code());
        }
        let receiver = "EXISTS (SELECT 1 FROM dispatch_recipient r WHERE r.dispatch = dispatch.dispatch";
        if !filter.to.is_empty() {
            query.and(&format!("{receiver} AND r.code = $)"), &filter.to);
        }
        if filter.silent {
            query.and(&format!("{receiver} AND r.silent = 1 AND (r.remind <= $ OR r.reminded > 0))"), self.now().day());
        }
        let limit = limit(filter.limit);
        let sql = query.sql("dispatch", "dispatch", limit);
        page(&self.journal.reader().rows(&sql, &query.parameters).await?, "dispatch", limit, read::dispatch)
    }

    /// The first recipients by name of each dispatch of a page, and how many refused or are silent beyond their day; asked
    /// in one go, however many lines the page has.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for who may not see the correspondence.
    pub async fn heads(&self, ctx: &Ctx, of: &[DispatchLine]) -> Result<HashMap<String, DispatchHead>, Problem> {
        self.look(ctx, "dispatches", "all", None)?;
        let mut heads: HashMap<String, DispatchHead> = HashMap::new();
        if of.is_empty() {
            return Ok(heads);
        }
        let places: Vec<String> = (2..of.len() + 2).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT dispatch, name, refused, overdue FROM (SELECT dispatch, name, code, \
             ROW_NUMBER() OVER (PARTITION BY dispatch ORDER BY name, code) AS place, \
             CAST(SUM(CASE WHEN status = '02' THEN 1 ELSE 0 END) OVER (PARTITION BY dispatch) AS BIGINT) AS refused, \
             CAST(SUM(CASE WHEN silent = 1 AND (remind <= $1 OR reminded > 0) THEN 1 ELSE 0 END) \
             OVER (PARTITION BY dispatch) AS BIGINT) AS overdue FROM dispatch_recipient WHERE dispatch IN ({})) named \
             WHERE place <= {NAMED} ORDER BY dispatch, place",
            places.join(", ")
        );
        let mut parameters: Vec<Value> = vec![self.now().day().into()];
        parameters.extend(of.iter().map(|line| Value::from(&line.id)));
        for row in &self.journal.reader().rows(&sql, &parameters).await? {
            let head = heads.entry(row.text("dispatch")?.to_owned()).or_default();
            head.names.push(row.text("name")?.to_owned());
            (head.refused, head.silent) = (row.int("refused")?, row.int("overdue")?);
        }
        Ok(heads)
    }

    /// The dispatches of a document of the house, oldest first.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when the person may not know of the document.
    pub async fn dispatches_of(&self, ctx: &Ctx, document: &DocumentId) -> Result<Vec<DispatchLine>, Problem> {
        self.records.document(ctx, document).await?;
        let sql = "SELECT * FROM dispatch WHERE document = $1 ORDER BY at, dispatch LIMIT 500";
        self.journal.reader().rows(sql, &[document.into()]).await?.iter().map(read::dispatch).collect()
    }

    /// Recipients on the paper of a published document that are no agencies of the directory.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn unresolved(&self, document: &DocumentId) -> Result<Vec<String>, Problem> {
        let sql = "SELECT name FROM dispatch_unresolved WHERE document = $1 ORDER BY name LIMIT 200";
        let rows = self.journal.reader().rows(sql, &[document.into()]).await?;
        rows.iter().map(|row| row.text("name").map(str::to_owned)).collect()
    }

    /// A dispatch with its receivers and what they told.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn dispatch_view(&self, ctx: &Ctx, id: &str) -> Result<DispatchView, Problem> {
        self.look(ctx, "dispatch", id, None)?;
        let line = self.dispatch_line(id).await?;
        let reader = self.journal.reader();
        let parcel = reader.row("SELECT * FROM parcel WHERE parcel = $1", &[id.into()]).await?;
        let parcel = parcel.as_ref().map(read::parcel).transpose()?;
        let sql = "SELECT a.* FROM arrival_reply r JOIN arrival a ON a.arrival = r.arrival WHERE r.dispatch = $1 \
                   ORDER BY r.at LIMIT 100";
        let replies = reader.rows(sql, &[id.into()]).await?.iter().map(read::arrival).collect::<Result<_, _>>()?;
        let sql = "SELECT * FROM dispatch WHERE document = $1 AND earlier = $2 ORDER BY at LIMIT 100";
        let later = reader.rows(sql, &[(&line.document).into(), id.into()]).await?;
        let mut later = later.iter().map(read::dispatch).collect::<Result<Vec<_>, _>>()?;
        if later.is_empty() {
            // A replacement is another document: it is found by what it replaces.
            let sql = "SELECT * FROM dispatch WHERE earlier = $1 ORDER BY at LIMIT 100";
            later = reader.rows(sql, &[id.into()]).await?.iter().map(read::dispatch).collect::<Result<_, _>>()?;
        }
        let unresolved = self.unresolved(&line.document).await?;
        Ok(DispatchView { recipients: self.recipients(id).await?, line, parcel, replies, later, unresolved })
    }

    pub(crate) async fn dispatch_line(&self, id: &str) -> Result<DispatchLine, Problem> {
        let row = self.journal.reader().row("SELECT * FROM dispatch WHERE dispatch = $1", &[id.into()]).await?;
        read::dispatch(&row.ok_or_else(|| Problem::not_found("dispatch", id))?)
    }

    pub(crate) async fn recipients(&self, dispatch: &str) -> Result<Vec<Recipient>, Problem> {
        let reader = self.journal.reader();
        let sql = "SELECT * FROM dispatch_status WHERE dispatch = $1 ORDER BY code, place LIMIT 20000";
        let mut told: HashMap<String, Vec<StatusLine>> = HashMap::new();
        for row in &reader.rows(sql, &[dispatch.into()]).await? {
            told.entry(row.text("code")?.to_owned()).or_default().push(read::status(row)?);
        }
        let today = self.now().day();
        let sql = "SELECT * FROM dispatch_recipient WHERE dispatch = $1 ORDER BY name, code LIMIT 5000";
        let mut recipients = Vec::new();
        for row in &reader.rows(sql, &[dispatch.into()]).await? {
            let code = row.text("code")?.to_owned();
            let (silent, remind) = (row.truth("silent")?, Day::parse(row.text("remind")?).map_err(Problem::fault)?);
            recipients.push(Recipient {
                name: row.text("name")?.to_owned(),
                status: row.text("status")?.to_owned(),
                changed_at: row.time("changed_at")?,
                silent,
                remind,
                // Once it was asked about, it stays so until it answers.
                overdue: silent && (remind <= today || row.int("reminded")? > 0),
                withdrawn: row.opt_text("withdrawn")?.map(str::to_owned),
                statuses: told.remove(&code).unwrap_or_default(),
                code,
            });
        }
        Ok(recipients)
    }

    /// Documents that were not let out because they are secret, newest first. Those of which the person may not know are
    /// left out.
    ///
    /// # Errors
    /// As [`Office::dispatches`].
    pub async fn barred(&self, ctx: &Ctx) -> Result<Vec<BarredLine>, Problem> {
        self.look(ctx, "dispatches", "all", None)?;
        let sql = "SELECT * FROM dispatch_barred ORDER BY at DESC, dispatch DESC LIMIT 100";
        let mut lines = Vec::new();
        for row in &self.journal.reader().rows(sql, &[]).await? {
            let document = DocumentId::new(row.text("document")?).map_err(Problem::fault)?;
            if self.records.document(ctx, &document).await.is_ok() {
                lines.push(BarredLine {
                    document,
                    why: row.text("why")?.to_owned(),
                    transport: row.text("transport")?.to_owned(),
                    actor: row.text("actor")?.to_owned(),
                    at: row.time("at")?,
                });
            }
        }
        Ok(lines)
    }

    /// What came in, newest first. Who sees only the arrivals of a unit names it in the filter.
    ///
    /// # Errors
    /// As [`Office::dispatches`].
    pub async fn arrivals(&self, ctx: &Ctx, filter: &ArrivalFilter) -> Result<Page<ArrivalLine>, Problem> {
        self.look(ctx, "arrivals", "all", Some(filter.unit.as_str()).filter(|unit| !unit.is_empty()))?;
        let mut query = Query::default();
        query.behind("arrival", filter.after.as_deref())?;
        query.words("search_fold", &filter.query);
        query.days(filter.since, filter.until);
        if let Some(tray) = filter.tray {
            query.and("tray = $", tray.code());
        }
        if !filter.from.is_empty() {
            query.and("sender = $", &filter.from);
        }
        if !filter.unit.is_empty() {
            query.and("unit = $", &filter.unit);
        }
        let limit = limit(filter.limit);
        let sql = query.sql("arrival", "arrival", limit);
        page(&self.journal.reader().rows(&sql, &query.parameters).await?, "arrival", limit, read::arrival)
    }

    /// The register of incoming documents, for printing: the lines of a year by their numbers, from `from` on.
    ///
    /// # Errors
    /// As [`Office::dispatches`].
    pub async fn register_lines(
        &self,
        ctx: &Ctx,
        year: i64,
        from: i64,
        limit: u32,
    ) -> Result<Vec<ArrivalLine>, Problem> {
        self.look(ctx, "arrivals", "all", None)?;
        let sql = "SELECT * FROM arrival WHERE register = $1 AND register_year = $2 AND register_number >= $3 \
                   ORDER BY register_number LIMIT $4";
        let parameters = [(&self.settings.register).into(), year.into(), from.into(), limit.min(1000).into()];
        self.journal.reader().rows(sql, &parameters).await?.iter().map(read::arrival).collect()
    }

    pub(crate) async fn arrival_row(&self, id: &str) -> Result<Row, Problem> {
        let row = self.journal.reader().row("SELECT * FROM arrival WHERE arrival = $1", &[id.into()]).await?;
        row.ok_or_else(|| Problem::not_found("arrival", id))
    }

    async fn arrivals_where(&self, condition: &str, value: &str) -> Result<Vec<ArrivalLine>, Problem> {
        let sql = format!("SELECT * FROM arrival WHERE {condition} = $1 ORDER BY at, arrival LIMIT 100");
        self.journal.reader().rows(&sql, &[value.into()]).await?.iter().map(read::arrival).collect()
    }

    /// An arrival with its files, its story, and what the person may do with it now.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn arrival(&self, ctx: &Ctx, id: &str) -> Result<ArrivalView, Problem> {
        let row = self.arrival_row(id).await?;
        let line = read::arrival(&row)?;
        self.look(ctx, "arrival", id, line.unit.as_deref())?;
        let reader = self.journal.reader();
        let of = [Value::from(id)];
        let sql = "SELECT * FROM arrival_enclosure WHERE arrival = $1 ORDER BY place LIMIT 1000";
        let enclosures = reader.rows(sql, &of).await?.iter().map(read::enclosure).collect::<Result<_, _>>()?;
        let sql = "SELECT * FROM arrival_deed WHERE arrival = $1 ORDER BY version LIMIT 1000";
        let deeds = reader.rows(sql, &of).await?.iter().map(read::deed).collect::<Result<_, _>>()?;
        let sql = "SELECT * FROM parcel WHERE arrival = $1 ORDER BY at, parcel LIMIT 100";
        let statuses = reader.rows(sql, &of).await?.iter().map(read::parcel).collect::<Result<_, _>>()?;
        let sql =
            "SELECT * FROM arrival WHERE sender = $1 AND identity = $2 AND duplicate_of = $3 ORDER BY at LIMIT 100";
        let same = [(&line.from.code).into(), row.text("identity")?.into(), id.into()];
        let duplicates = reader.rows(sql, &same).await?.iter().map(read::arrival).collect::<Result<_, _>>()?;
        Ok(ArrivalView {
            package: row.text("package")?.to_owned(),
            identity: row.text("identity")?.to_owned(),
            to: read::json(&row, "receivers")?,
            signer: row.text("signer")?.to_owned(),
            reason: row.text("reason")?.to_owned(),
            envelope: row.text("envelope")?.to_owned(),
            oddities: read::json(&row, "oddities")?,
            blob: read::digest(&row, "blob")?,
            length: row.int("length")?,
            answers: read::json(&row, "answers")?,
            proposals: self.arrivals_where("target", id).await?,
            may: self.deeds_open(ctx, &line),
            line,
            enclosures,
            deeds,
            statuses,
            duplicates,
        })
    }

    /// A file that came with a document: its name, type and bytes. None is given out of quarantine.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn enclosure(&self, ctx: &Ctx, id: &str, place: i64) -> Result<(String, String, Bytes), Problem> {
        let line = read::arrival(&self.arrival_row(id).await?)?;
        self.look(ctx, "arrival", id, line.unit.as_deref())?;
        let sql = "SELECT * FROM arrival_enclosure WHERE arrival = $1 AND place = $2";
        let row = self.journal.reader().row(sql, &[id.into(), place.into()]).await?;
        let file = read::enclosure(&row.ok_or_else(|| Problem::not_found("file", format!("{id}/{place}")))?)?;
        let bytes = self.journal.get_blob(&file.blob).await?;
        Ok((file.name, file.media_type, bytes))
    }

    /// The package of an arrival as it came, also out of quarantine.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn arrival_package(&self, ctx: &Ctx, id: &str) -> Result<Bytes, Problem> {
        self.look(ctx, "arrival", id, None)?;
        self.journal.get_blob(&read::digest(&self.arrival_row(id).await?, "blob")?).await
    }

    /// The package of a dispatch or status as it went out.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn parcel_package(&self, ctx: &Ctx, id: &str) -> Result<Bytes, Problem> {
        self.look(ctx, "parcel", id, None)?;
        let row = self.journal.reader().row("SELECT blob FROM parcel WHERE parcel = $1", &[id.into()]).await?;
        let blob: Digest = read::digest(&row.ok_or_else(|| Problem::not_found("parcel", id))?, "blob")?;
        self.journal.get_blob(&blob).await
    }

    /// Packages that have stopped and wait for a person, oldest first.
    ///
    /// # Errors
    /// As [`Office::dispatches`].
    pub async fn stopped(&self, ctx: &Ctx) -> Result<Vec<ParcelLine>, Problem> {
        self.look(ctx, "parcels", "all", None)?;
        let sql = "SELECT * FROM parcel WHERE state = 'stopped' ORDER BY at, parcel LIMIT 200";
        self.journal.reader().rows(sql, &[]).await?.iter().map(read::parcel).collect()
    }

    /// What waits, what has stopped, and how the ways are.
    ///
    /// # Errors
    /// As [`Office::dispatches`].
    pub async fn standing(&self, ctx: &Ctx) -> Result<Standing, Problem> {
        self.look(ctx, "standing", "all", None)?;
        let mut trays = [0; 5];
        for (tray, count) in Tray::ALL.into_iter().zip(&mut trays) {
            *count = self.count("arrival WHERE tray = $1", &[tray.code().into()]).await?;
        }
        let overdue = "dispatch_recipient WHERE silent = 1 AND (remind <= $1 OR reminded > 0)";
        Ok(Standing {
            ways: self.health(),
            waiting: self.count("parcel WHERE state = $1", &["waiting".into()]).await?,
            stopped: self.count("parcel WHERE state = $1", &["stopped".into()]).await?,
            silent: self.count(overdue, &[self.now().day().into()]).await?,
            trays,
        })
    }

    /// Counts to a limit.
    async fn count(&self, of: &str, parameters: &[Value]) -> Result<i64, Problem> {
        let sql = format!("SELECT COUNT(*) AS total FROM (SELECT 1 AS one FROM {of} LIMIT {MOST_COUNTED}) counted");
        self.journal.reader().row(&sql, parameters).await?.map_or(Ok(0), |row| row.int("total"))
    }

    /// Whether a document of the house can be dispatched: it has its number and paper, and is open.
    pub fn can_dispatch(&self, document: &records::Document) -> bool {
        let issued = matches!(document.state, State::Issued | State::Published);
        issued && document.grade == kernel::Grade::Open && document.number.is_some() && document.pdf.is_some()
    }

    /// What a person may do with an arrival now.
    fn deeds_open(&self, ctx: &Ctx, line: &ArrivalLine) -> Vec<crate::DeedKind> {
        let resource = Office::resource(&line.id, line.unit.as_deref());
        let open = desk::open_deeds(line);
        open.into_iter().filter(|deed| self.may(ctx, desk::act_of(*deed), &resource)).collect()
    }
}
