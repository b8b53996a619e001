import Foundation
import Rendering
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Takes files out of a report in a process of its own (`UnpackCommand`): what a stranger packed may take any memory and
/// time, or end the process that unpacks it.
enum Unpacking {
  static let mostSeconds = 60.0
  private static let mostBytes = 1 << 30

  /// The files that a report carries, in the order of their names.
  /// - Parameters:
  ///   - program: this one, for tests another.
  ///   - seconds: that it may take.
  static func attachments(
    of report: String, program: String = "/proc/self/exe", arguments: [String]? = nil, seconds: Double = mostSeconds
  ) throws(Problem) -> [Attachment] {
    try unpack(report, program: program, arguments: arguments, seconds: seconds, readsText: false).files
  }

  /// The same with what the report says, and which standards it keeps; neither of a page for browsers.
  static func report(
    _ report: String
  ) throws(Problem) -> (files: [Attachment], text: PDFText?, conformance: PDFConformance?) {
    let unpacked = try unpack(
      report, program: "/proc/self/exe", arguments: nil, seconds: mostSeconds, readsText: true)
    guard ReportKind(of: report) == .html || (unpacked.text != nil && unpacked.conformance != nil) else {
      throw .failure(at: Place(file: report), "what the report says cannot be read")
    }
    return (unpacked.files, unpacked.text, unpacked.conformance)
  }

  private static func unpack(
    _ report: String, program: String, arguments: [String]?, seconds: Double, readsText: Bool
  ) throws(Problem) -> UnpackedFiles.Contents {
    let place = Place(file: report)
    let descriptor = unsafe open(report, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0 else {
      throw .usage(at: place, "the report cannot be read", remedy: "Check the path and its permissions.")
    }
    defer { close(descriptor) }
    // Reading a pipe or a device may have no end.
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .usage(at: place, "this is no file", remedy: "Check the path and its permissions.")
    }
    let size = Int(status.st_size)
    guard size <= mostBytes else {
      throw .failure(
        at: place, "the file is larger than \(mostBytes >> 20) MiB, and no report of Heatdrift's is",
        remedy: "`qpdf --list-attachments` and `--show-attachment` take files out of any PDF.")
    }
    let outcome = ChildProcess.run(
      program,
      arguments ?? [UnpackCommand.configuration.commandName ?? ""] + (readsText ? ["--text"] : []) + ["--", report],
      input: descriptor,
      // Names and descriptions come on top.
      mostBytes: Attachment.mostBytes(inPDFOf: size) + 16 << 20, seconds: seconds)
    let remedy = "`qpdf --list-attachments` shows what the file has, `qpdf --show-attachment` takes one out."
    switch outcome {
    case .ended(_, let output):
      guard let answer = UnpackedFiles.decode(output) else {
        throw .failure(
          at: place, "what takes the files out ended before it was done; nothing was written", remedy: remedy)
      }
      return try answer.get()
    case .killed(let signal):
      let what = signal == SIGXCPU ? "takes longer than \(Int(seconds)) s" : "was ended by the signal \(signal)"
      throw .failure(
        at: place,
        signal == SIGXCPU
          ? "taking the files out \(what); nothing was written"
          : "what takes the files out \(what), in memory of a report's size; nothing was written", remedy: remedy)
    case .tooLong:
      throw .failure(
        at: place, "taking the files out takes longer than \(Int(seconds)) s; nothing was written", remedy: remedy)
    case .tooMuch:
      throw .failure(at: place, "the attachments unpack to more than a report's would", remedy: remedy)
    case .notStarted(let code):
      throw .failure(
        at: place, "the process that takes the files out cannot be started: \(systemMessage(code))",
        remedy: "It is this program again, by /proc/self/exe; see that /proc is there and processes are allowed.")
    }
  }
}

/// What the process that unpacks hands over: a problem, or files; anything else is no answer.
enum UnpackedFiles {
  /// What is handed over of a report; of its pages only where that was asked for.
  struct Contents {
    var files: [Attachment]
    var text: PDFText?
    var conformance: PDFConformance?
  }

  private static let start = Array("heatdrift files\n".utf8)
  private static let end = Array("\nend of files\n".utf8)

  private struct Head: Codable {
    struct File: Codable {
      var name: String
      var relationship: String
      var description: String
      var count: Int
    }
    var problem: Problem?
    var files: [File] = []
    var text: PDFText?
    var conformance: PDFConformance?
  }

  /// In pieces, so that nothing is held twice.
  static func encode(_ result: Result<Contents, Problem>) throws -> [[UInt8]] {
    var head = Head()
    var contents: [[UInt8]] = []
    switch result {
    case .failure(let problem): head.problem = problem
    case .success(let found):
      head.text = found.text
      head.conformance = found.conformance
      head.files = found.files.map {
        Head.File(
          name: $0.name, relationship: $0.relationship.rawValue, description: $0.description, count: $0.bytes.count)
      }
      contents = found.files.map(\.bytes)
    }
    let json = Array(try JSONEncoder().encode(head))
    return [start + Array("\(json.count)\n".utf8) + json] + contents + [end]
  }

  /// - Returns: nil for anything that was not written to its end.
  static func decode(_ bytes: [UInt8]) -> Result<Contents, Problem>? {
    guard bytes.starts(with: start), bytes.count > start.count + end.count,
      bytes.suffix(end.count).elementsEqual(end)
    else { return nil }
    let body = bytes[start.count..<bytes.count - end.count]
    guard let line = body.firstIndex(of: 10), let count = Int(String(decoding: body[..<line], as: UTF8.self)),
      count > 0, count <= body.endIndex - line - 1,
      let head = try? JSONDecoder().decode(Head.self, from: Data(body[line + 1..<line + 1 + count]))
    else { return nil }
    if let problem = head.problem { return .failure(problem) }
    var position = line + 1 + count
    var attachments: [Attachment] = []
    for file in head.files {
      // Whoever read a stranger's file may have been taken over by it: its word is not enough.
      guard Attachment.isPlain(file.name), file.count >= 0, file.count <= body.endIndex - position else { return nil }
      attachments.append(
        Attachment(
          name: file.name, mediaType: "application/octet-stream",
          relationship: .init(rawValue: file.relationship) ?? .supplement, description: file.description,
          bytes: Array(body[position..<position + file.count])))
      position += file.count
    }
    guard position == body.endIndex else { return nil }
    return .success(Contents(files: attachments, text: head.text, conformance: head.conformance))
  }
}
