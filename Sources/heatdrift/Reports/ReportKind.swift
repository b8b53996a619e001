import ExperimentFile
import Foundation
import HTML
import Rendering
import Support

/// What a report alone is, told by its first bytes and not by its name.
enum ReportKind {
  case pdf
  case html

  /// What is neither is read as a PDF, which says what it is not.
  init(_ bytes: some Collection<UInt8>) {
    let start = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased()
    self = start.contains("<!doctype html") ? .html : .pdf
  }

  /// Of a file; a pipe in its place, which has no end, is not read.
  init(of path: String) {
    guard FileKind(of: path) == .file, let file = FileHandle(forReadingAtPath: path) else {
      self = .pdf
      return
    }
    self.init((try? file.read(upToCount: 256)) ?? Data())
  }

  /// The file that a run leaves.
  var fileName: String { "report.\(format.rawValue)" }
  var format: ReportOptions.Format { self == .html ? .html : .pdf }

  /// The files that a report of this kind carries.
  func attachments(of bytes: [UInt8], file: String) throws(Problem) -> [Attachment] {
    switch self {
    case .pdf: try Attachment.all(inPDF: bytes, file: file)
    case .html: try Attachment.all(inHTML: bytes, file: file)
    }
  }
}
