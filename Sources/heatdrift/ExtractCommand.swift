import ArgumentParser
import Diagnostics
import Experiments
import Foundation
import Rendering

struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Takes the files out of a report that it was made from.",
    discussion: """
      A report carries experiment.yaml, results.csv and provenance.json. Files that are there already are never \
      overwritten: if one of them differs or is a link, nothing is written. A report may come from a stranger: names \
      that lead out of the folder are refused, and so is what unpacks to far more than the report's own size or takes \
      longer than a minute.

      EXAMPLES
        heatdrift extract report.pdf
        heatdrift extract report.pdf --output review
      """)

  @Argument(help: ArgumentHelp("A report.", valueName: "report.pdf"), completion: .file(extensions: ["pdf"]))
  var report: String

  @Option(name: [.short, .long], help: "The folder to put them in; made when missing.")
  var output = "."

  func run() throws {
    let attachments = try ExtractCommand.attachments(of: report)
    guard !attachments.isEmpty else {
      throw Problem.failure(
        at: Place(file: report), "the report carries no files",
        remedy: "Only report.pdf as Heatdrift writes it does; printing it to another PDF drops them.")
    }
    // All is looked at before anything is written.
    var missing: [Attachment] = []
    for attachment in attachments {
      let path = "\(output)/\(attachment.name)"
      // The link itself, not what it leads to: a dangling one is something in the way as well.
      guard let found = try? FileManager.default.attributesOfItem(atPath: path) else {
        missing.append(attachment)
        continue
      }
      guard found[.type] as? FileAttributeType == .typeRegular else {
        throw Problem.failure(
          at: Place(file: path), "a link or folder of this name is there already; nothing was written",
          remedy: "Choose another folder (--output), or move it away.")
      }
      guard let present = try? Data(contentsOf: URL(filePath: path)), Array(present) == attachment.bytes else {
        throw Problem.failure(
          at: Place(file: path), "another file of this name is there already; nothing was written",
          remedy: "Choose another folder (--output), or move the file away.")
      }
    }
    do {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    } catch {
      throw Problem.failure(
        at: Place(file: output), "the folder cannot be made",
        remedy: "Check its permissions, or choose another folder (--output).")
    }
    for attachment in missing { try AtomicFile.write(attachment.bytes, to: "\(output)/\(attachment.name)") }
    for attachment in attachments { Console.result("\(output)/\(attachment.name)") }
  }

  private static func attachments(of report: String) throws(Problem) -> [Attachment] {
    let url = URL(filePath: report).resolvingSymlinksInPath()
    let found = try? FileManager.default.attributesOfItem(atPath: url.path)
    // Reading a pipe or a device may have no end.
    guard let found, found[.type] as? FileAttributeType == .typeRegular else {
      throw .usage(
        at: Place(file: report), found == nil ? "the report cannot be read" : "this is no file",
        remedy: "Check the path and its permissions.")
    }
    guard (found[.size] as? NSNumber)?.intValue ?? 0 <= mostBytes else {
      throw .failure(
        at: Place(file: report), "the file is larger than \(mostBytes >> 20) MiB, and no report of Heatdrift's is",
        remedy: "`qpdf --list-attachments` and `--show-attachment` take files out of any PDF.")
    }
    guard let data = try? Data(contentsOf: url) else {
      throw .usage(at: Place(file: report), "the report cannot be read", remedy: "Check the path and its permissions.")
    }
    // Filters one upon another unpack for hours without ever holding much; nothing is written before the end.
    let watch = Thread {
      Thread.sleep(forTimeInterval: mostSeconds)
      guard !Thread.current.isCancelled else { return }
      Console.error(
        "error: \(report): taking the files out takes longer than \(Int(mostSeconds)) s; nothing was written")
      _exit(1)
    }
    watch.start()
    defer { watch.cancel() }
    return try Attachment.all(inPDF: Array(data), file: report)
  }

  private static let mostBytes = 1 << 30
  private static let mostSeconds = 60.0
}
