import ArgumentParser
import Foundation
import HTML
import Rendering
import Support

/// The other side of `Unpacking`: reads a report from standard input, and hands its files over on standard output.
struct UnpackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpack-report", abstract: "Called by extract.", shouldDisplay: false)

  @Argument(help: "What messages call the report.")
  var name: String

  @Flag(name: .long, help: "Also what the report says.")
  var text = false

  func run() throws {
    ChildProcess.watchParent()
    MemoryLimit.leaveNoCore()
    // Should whoever started it not stop it in time.
    MemoryLimit.lower(toSeconds: Int(Unpacking.mostSeconds) + 5)
    guard let bytes = Descriptor.read(STDIN_FILENO, atMost: 1 << 30) else {
      throw Problem.usage(
        at: Place(file: name), "the report cannot be read", remedy: "Check the path and its permissions.")
    }
    // Four times: filters stand one upon another, and libqpdf holds what it has read.
    MemoryLimit.lower(toBytesMore: 4 * Attachment.mostBytes(inPDFOf: bytes.count))
    let result = Result { () throws(Problem) in
      if ReportKind(bytes) == .html {
        return UnpackedFiles.Contents(files: try Attachment.all(inHTML: bytes, file: name))
      }
      return UnpackedFiles.Contents(
        files: try Attachment.all(inPDF: bytes, file: name), text: text ? try PDFText(bytes, file: name) : nil,
        conformance: text ? try PDFConformance(bytes, file: name) : nil)
    }
    for piece in try UnpackedFiles.encode(result) {
      guard Descriptor.write(piece, to: STDOUT_FILENO) == 0 else { throw ExitCode(1) }
    }
  }
}
