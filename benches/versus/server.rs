//! nginx with a static answer: one on the core that pinned clients share with it, one wherever the scheduler
//! puts it.

use crate::Failure;
use crate::answer;
use crate::machine;
use crate::options::Placement;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub struct Servers {
    pub ca_file: PathBuf,
    pinned: Server,
    free: Server,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Plain,
    Tls,
    Http2,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "HTTP/1.1 plain",
            Self::Tls => "HTTP/1.1 TLS",
            Self::Http2 => "HTTP/2 TLS",
        }
    }
}

struct Server {
    process: Child,
    ports: [u16; 3],
}

impl Servers {
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        let folder = &folder.join("nginx");
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder.join("www"))?;
        fs::write(folder.join("www/versions.json"), answer::versions())?;
        let ca_file = make_certificates(folder)?;
        Ok(Self {
            ca_file,
            pinned: Server::start(folder, Placement::Pinned)?,
            free: Server::start(folder, Placement::Free)?,
        })
    }

    pub fn port(&self, placement: Placement, protocol: Protocol) -> u16 {
        let server = match placement {
            Placement::Pinned => &self.pinned,
            Placement::Free => &self.free,
        };
        let [plain, tls, http2] = server.ports;
        match protocol {
            Protocol::Plain => plain,
            Protocol::Tls => tls,
            Protocol::Http2 => http2,
        }
    }

    pub fn base_url(&self, placement: Placement, protocol: Protocol) -> String {
        let scheme = match protocol {
            Protocol::Plain => "http",
            Protocol::Tls | Protocol::Http2 => "https",
        };
        format!("{scheme}://127.0.0.1:{}", self.port(placement, protocol))
    }

    /// What a client is told to trust; `-` is nothing.
    pub fn ca_for(&self, protocol: Protocol) -> String {
        match protocol {
            Protocol::Plain => "-".to_owned(),
            Protocol::Tls | Protocol::Http2 => self.ca_file.display().to_string(),
        }
    }
}

impl Server {
    fn start(folder: &Path, placement: Placement) -> Result<Self, Failure> {
        let prefix = folder.join(placement.name());
        fs::create_dir_all(prefix.join("temp"))?;
        let ports = free_ports()?;
        fs::write(prefix.join("nginx.conf"), configuration(folder, ports))?;

        let mut command = machine::dies_with_us();
        if placement == Placement::Pinned {
            command.args(machine::pinned_by());
        }
        command.args([nginx()?.as_str(), "-e", "stderr", "-c", "nginx.conf", "-p"]);
        let process = command.arg(&prefix).stdin(Stdio::null()).spawn()?;
        let mut server = Self { process, ports };
        server.wait_until_it_listens()?;
        Ok(server)
    }

    fn wait_until_it_listens(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        for port in self.ports {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                if self.process.try_wait()?.is_some() || started.elapsed().as_secs() > 10 {
                    return Err("nginx did not start".into());
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Debian keeps it where only root's path leads.
fn nginx() -> Result<String, Failure> {
    ["nginx", "/usr/sbin/nginx"]
        .into_iter()
        .find(|path| {
            Command::new(path)
                .arg("-v")
                .stderr(Stdio::null())
                .status()
                .is_ok()
        })
        .map(str::to_owned)
        .ok_or_else(|| "nginx is missing: apt-get install nginx-light".into())
}

pub fn version() -> Result<String, Failure> {
    let said = Command::new(nginx()?).arg("-v").output()?.stderr;
    let said = String::from_utf8_lossy(&said);
    Ok(said.trim().replace("nginx version: ", ""))
}

fn free_ports() -> Result<[u16; 3], Failure> {
    let listeners = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)));
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        let listener = listener.as_ref().map_err(|error| error.to_string())?;
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

fn configuration(folder: &Path, [plain, tls, http2]: [u16; 3]) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path temp;
    proxy_temp_path temp;
    fastcgi_temp_path temp;
    uwsgi_temp_path temp;
    scgi_temp_path temp;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    tcp_nodelay on;
    open_file_cache max=10;
    ssl_certificate {folder}/leaf.pem;
    ssl_certificate_key {folder}/leaf.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen 127.0.0.1:{plain} backlog=1024;
        listen 127.0.0.1:{tls} ssl backlog=1024;
        listen 127.0.0.1:{http2} ssl http2 backlog=1024;
        types {{ }}
        default_type application/json;
        location ~ ^/v1/files/[^/]+/versions$ {{ alias {folder}/www/versions.json; }}
    }}
}}
"
    )
}

fn make_certificates(folder: &Path) -> Result<PathBuf, Failure> {
    let mut params = CertificateParams::new(Vec::new())?;
    params
        .distinguished_name
        .push(DnType::CommonName, "an authority for a benchmark");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    let ca = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);

    let leaf_key = KeyPair::generate()?;
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "a server for a benchmark");
    let leaf = params.signed_by(&leaf_key, &issuer)?;
    fs::write(folder.join("leaf.pem"), leaf.pem())?;
    fs::write(folder.join("leaf.key"), leaf_key.serialize_pem())?;
    let ca_file = folder.join("ca.pem");
    fs::write(&ca_file, ca.pem())?;
    Ok(ca_file)
}
