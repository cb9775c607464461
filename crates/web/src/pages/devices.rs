//! Devices and servers that enrol by themselves: who was admitted, with which certificate; admitting one, whose secret is
//! shown once; ending an admission.

use super::certificates::may_read;
use crate::{
    form::Posted,
    render::Page,
    trouble::{self, Failure},
    view::{Choice, Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use directory::{
    acts,
    devices::{Device, NewDevice},
    keys::StoredCertificate,
    model::Basis,
};
use kernel::{BodyId, Day, Digest, Problem, Timestamp};
use pki::Profile;
use serde::Serialize;

/// The devices.
#[derive(Debug, Default, Serialize)]
pub struct DevicesPage {
    /// The devices, the newest first.
    pub devices: Vec<DeviceRow>,
    /// Whether devices enrol by themselves here at all.
    pub served: bool,
    /// The address that clients are given.
    pub address: String,
    /// Whether the reader may admit one.
    pub admits: bool,
    /// The bodies to choose from.
    pub bodies: Vec<Choice>,
    /// What was typed.
    pub name: String,
    /// What was typed.
    pub body: String,
    /// What was typed.
    pub names: String,
    /// What was typed.
    pub network: String,
    /// `tls` or `device`.
    pub profile: String,
    /// What was typed: a day.
    pub until: String,
    /// What was typed.
    pub basis: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A device.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceRow {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The DNS names.
    pub names: Vec<String>,
    /// The body that runs it.
    pub body: Link,
    /// `waits`, `enrolled`, `closed`, `ended`, `over`.
    pub state: &'static str,
    /// Its newest certificate: the page of it.
    pub certificate: Option<Link>,
    /// Until when that counts.
    pub until: Option<Timestamp>,
    /// Whether that counts now.
    pub counts: bool,
    /// No certificate of it counts longer.
    pub admitted_until: Timestamp,
    /// Who admitted it.
    pub admitted_by: String,
    /// When.
    pub admitted: Timestamp,
    /// Whether the reader may end the admission.
    pub ends: bool,
}

/// What the desk gives to whoever sets up a device, once.
#[derive(Debug, Serialize)]
pub struct DeviceAdmittedPage {
    /// What it is called.
    pub name: String,
    /// The address that the client is given.
    pub address: String,
    /// The key identifier.
    pub kid: String,
    /// The secret.
    pub secret: String,
    /// The DNS names.
    pub names: Vec<String>,
}

impl DeviceRow {
    fn sample(state: &'static str) -> DeviceRow {
        let at = Timestamp::from_micros(1_734_600_000_000_000);
        DeviceRow {
            id: "device-1".into(),
            name: "Máy chủ trang công bố".into(),
            names: vec!["congbo.quochoi.example".into(), "www.congbo.quochoi.example".into()],
            body: Link::new("/bodies/cuc-chuyen-doi-so", "Cục Chuyển đổi số"),
            state,
            certificate: (state == "enrolled").then(|| Link::new("/certificates/4f2a", "4f2a9c0011223344")),
            until: (state == "enrolled").then(|| at.plus_seconds(90 * 86_400)),
            counts: state == "enrolled",
            admitted_until: at.plus_seconds(3 * 365 * 86_400),
            admitted_by: "Nguyễn Văn A".into(),
            admitted: at,
            ends: state != "ended",
        }
    }
}

impl Page for DevicesPage {
    const TEMPLATE: &'static str = "devices.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let devices = vec![DeviceRow::sample("enrolled"), DeviceRow::sample("waits"), DeviceRow::sample("ended")];
        let some = DevicesPage {
            devices,
            served: true,
            address: "https://vpqh.example/acme/directory".into(),
            admits: true,
            bodies: vec![Choice::new("cuc-chuyen-doi-so", "Cục Chuyển đổi số")],
            profile: "tls".into(),
            until: "2027-12-20".into(),
            errors: vec![Wrong::sample("names", "Tên máy không đúng.")],
            ..Default::default()
        };
        vec![("some", some), ("none, not served", DevicesPage::default())]
    }
}

impl Page for DeviceAdmittedPage {
    const TEMPLATE: &'static str = "device_admitted.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = DeviceAdmittedPage {
            name: "Máy chủ trang công bố".into(),
            address: "https://vpqh.example/acme/directory".into(),
            kid: "device-01jexample".into(),
            secret: "bWF0LWtoYXUtbWF1LWtob25nLXRoYXQ".into(),
            names: vec!["congbo.quochoi.example".into()],
        };
        vec![("just admitted", page)]
    }
}

fn may_admit(viewer: &Viewer, body: &BodyId) -> bool {
    // Asked as after the code of this very request, which the form brings.
    let ctx = viewer.ctx.clone().stepped_up();
    let resource = acts::device_resource("new", body);
    viewer.state.services.journal.policies().decide(&ctx, "device.admitted", &resource).allowed
}

async fn page(viewer: &Viewer, errors: Vec<Wrong>) -> Result<DevicesPage, Problem> {
    may_read(viewer)?;
    let services = &viewer.state.services;
    let mut devices = Vec::new();
    for (device, certificate) in services.keys.devices().await? {
        devices.push(row(viewer, device, certificate).await?);
    }
    let all = services.directory.bodies(viewer.state.now().day()).await?;
    let may = all.iter().filter(|body| may_admit(viewer, &body.id));
    let bodies: Vec<Choice> = may.map(|b| Choice::new(b.id.as_str(), b.name_in(viewer.lang().code()))).collect();
    Ok(DevicesPage {
        devices,
        served: services.acme.is_some(),
        address: address(viewer),
        admits: !bodies.is_empty(),
        bodies,
        profile: "tls".into(),
        until: viewer.state.now().day().plus_months(36).to_string(),
        errors,
        ..Default::default()
    })
}

fn address(viewer: &Viewer) -> String {
    format!("{}/acme/directory", viewer.state.settings.public_url)
}

async fn row(viewer: &Viewer, device: Device, newest: Option<StoredCertificate>) -> Result<DeviceRow, Problem> {
    let services = &viewer.state.services;
    let now = viewer.state.now();
    let state = match () {
        () if device.ended.is_some() => "ended",
        () if now >= device.until => "over",
        () if device.closed.is_some() => "closed",
        () if device.opened.is_some() => "enrolled",
        () => "waits",
    };
    let body = services.directory.body(&device.body).await?;
    let body = body.map_or_else(|| device.body.to_string(), |b| b.name_in(viewer.lang().code()).to_owned());
    let by = match &device.admitted_by {
        Some(id) => services.directory.person(id).await?.map_or_else(|| id.to_string(), |p| p.name),
        None => String::new(),
    };
    let number = |c: &StoredCertificate| c.serial.chars().take(16).collect::<String>();
    Ok(DeviceRow {
        certificate: newest.as_ref().map(|c| Link::new(format!("/certificates/{}", c.serial), number(c))),
        until: newest.as_ref().map(|c| c.certificate.not_after()),
        counts: newest.as_ref().is_some_and(|c| c.is_valid(now)),
        ends: device.ended.is_none() && viewer.may("device.ended", &acts::device_resource(&device.id, &device.body)),
        body: Link::new(format!("/bodies/{}", device.body), body),
        id: device.id,
        name: device.name,
        names: device.names,
        state,
        admitted_until: device.until,
        admitted_by: by,
        admitted: device.admitted,
    })
}

/// `GET /certificates/devices`
pub async fn list(viewer: Member) -> Result<Response, Failure> {
    viewer.page(&page(&viewer, vec![]).await?).await
}

/// `POST /certificates/devices`: the answer is the one page on which the secret ever stands.
pub async fn admit(mut posted: Posted) -> Result<Response, Failure> {
    let mut take = |name| posted.fields.take(name);
    let (name, body, names, network) = (take("name"), take("body"), take("names"), take("address"));
    let (profile, until, basis) = (take("profile"), take("until"), take("basis"));
    // The same form is the same device.
    let seen = Digest::of(&[posted.signed_in.session.id.as_bytes(), &[0], posted.once.as_bytes()]).to_string();
    let id = format!("device-{}", seen.get(..26).unwrap_or(&seen));
    let admitted = async {
        let ctx = posted.step_up().await?;
        posted.fields.finish()?;
        let viewer = &posted.viewer;
        if viewer.state.services.acme.is_none() {
            return Err(Problem::refused("devices-not-served"));
        }
        let new = NewDevice {
            name: name.clone(),
            body: BodyId::new(body.clone()).map_err(|_| Problem::field("body", "field-required"))?,
            names: names.clone(),
            address: network.clone(),
            profile: if profile == "device" { Profile::Device } else { Profile::Tls },
            until: Day::parse(&until).map_err(|_| Problem::field("until", "field-not-a-day"))?.end(),
            basis: Basis::cited(basis.trim()),
        };
        viewer.state.services.keys.admit_device(&ctx, &id, &new).await
    };
    let admitted = admitted.await;
    let viewer = &posted.viewer;
    match admitted {
        Ok(secret) => {
            let device = viewer.state.services.keys.device(&id).await?;
            let device = device.ok_or_else(|| Problem::fault("a device that was admitted is not there"))?;
            let page = DeviceAdmittedPage {
                name: device.name,
                address: address(viewer),
                kid: id,
                secret: secret.to_string(),
                names: device.names,
            };
            viewer.page(&page).await
        }
        Err(problem) => {
            let status = trouble::status(&problem);
            let again = page(viewer, viewer.wrong(problem)?).await?;
            viewer.page_as(status, &DevicesPage { name, body, names, network, profile, until, basis, ..again }).await
        }
    }
}

/// `POST /certificates/devices/{device}/end`
pub async fn end(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let reason = posted.fields.take("reason");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    match viewer.state.services.keys.end_device(&viewer.ctx, &id, &reason).await {
        Ok(()) => Ok(done("/certificates/devices", "done-device-ended")),
        Err(problem) => {
            let status = trouble::status(&problem);
            viewer.page_as(status, &page(viewer, viewer.wrong(problem)?).await?).await
        }
    }
}
