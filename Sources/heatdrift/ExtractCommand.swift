import ArgumentParser
import Foundation
import Rendering
import Support

struct ExtractCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Takes the files out of a report that it was made from.",
    discussion: """
      A report carries experiment.yaml, its template, results.csv and provenance.json. Files that are there already are never \
      overwritten: if one of them differs or is a link, nothing is written. A report may come from a stranger: names \
      that lead out of the folder are refused, and so is what unpacks to far more than the report's own size or takes \
      longer than a minute.

      EXAMPLES
        heatdrift extract report.pdf
        heatdrift extract report.html --output review
      """)

  @Argument(
    help: ArgumentHelp("A report, as PDF or as a page for browsers.", valueName: "report.pdf|report.html"),
    completion: .file(extensions: ["pdf", "html"]))
  var report: String

  @Option(name: [.short, .long], help: "The folder to put them in; made when missing.")
  var output = "."

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [report, output] }

  func run() throws {
    let attachments = try Unpacking.attachments(of: report)
    guard !attachments.isEmpty else {
      throw Problem.failure(
        at: Place(file: report), "the report carries no files",
        remedy: "Only report.pdf and report.html as Heatdrift writes them do; printing them to another PDF drops them.")
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
}
