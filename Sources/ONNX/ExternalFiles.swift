import Foundation
import Support

/// The files beside a model that hold values of its tensors, opened as the tensors name them.
///
/// A file is named by its place below the model's folder, and lies there: neither the name nor a link leads out of the folder,
/// since a model of a stranger's must not be able to read anything else.
final class ExternalFiles {
  private let model: String
  private let purpose: HeldFile.Purpose
  private let limits: ModelLimits
  /// In the order in which tensors name them.
  private(set) var files: [(location: String, file: HeldFile)] = []
  private var places: [String: Int] = [:]

  /// - Parameter model: the model's path.
  init(of model: String, for purpose: HeldFile.Purpose, _ limits: ModelLimits) {
    self.model = model
    self.purpose = purpose
    self.limits = limits
  }

  /// Where a tensor's values lie, after checking that they are inside of the file.
  /// - Parameters:
  ///   - entries: `location`, and perhaps `offset` and `length` in bytes; `checksum` and what others write are not used.
  ///   - bytes: how many the tensor needs.
  ///   - place: of the tensor.
  /// - Throws: `Problem.usage` for a file that is missing or leads out of the folder, `.failure` for numbers that do not fit.
  func range(
    of entries: [StringStringEntryProto], bytes: Int, at place: Place
  ) throws(Problem) -> (HeldFile, Range<Int>) {
    var values: [String: String] = [:]
    for entry in entries where values.updateValue(entry.value, forKey: entry.key) != nil {
      throw damaged("its external data have `\(printable(entry.key))` a second time", at: place)
    }
    guard let location = values["location"] else { throw damaged("its external data have no `location`", at: place) }
    let offset = try number("offset", values, at: place) ?? 0
    let length = try number("length", values, at: place) ?? bytes
    guard length == bytes else {
      throw damaged("expected \(bytes) bytes of external data for its shape, found a `length` of \(length)", at: place)
    }
    let file = try file(location, at: place)
    guard offset <= file.count, length <= file.count - offset else {
      throw .failure(
        at: place,
        "expected \(length) bytes from byte \(offset) of `\(printable(location))`, found the end of the file after "
          + "\(file.count)",
        remedy: "The file was cut short, or belongs to another model: copy it again together with the model.")
    }
    return (file, offset..<offset + length)
  }

  private func number(
    _ key: String, _ values: [String: String], at place: Place
  ) throws(Problem) -> Int? {
    guard let text = values[key] else { return nil }
    // No sign: what `Int` takes besides.
    guard let number = Int(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw damaged(
        "expected `\(key)` of its external data as a number of bytes, found `\(printable(text))`", at: place)
    }
    return number
  }

  private func file(_ location: String, at place: Place) throws(Problem) -> HeldFile {
    if let index = places[location] { return files[index].file }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !["", ".", ".."].contains($0) }), !location.contains("\\"), visible(location) == location
    else {
      throw .usage(
        at: place,
        "its values are said to lie in `\(printable(location))`, which leads out of the model's folder: refused",
        remedy: "Get the model from a source that you trust.")
    }
    guard files.count < limits.externalFiles else {
      throw .usage(
        at: place, "the model's values lie in more than \(limits.externalFiles) files",
        remedy: "Save them in one: onnx.save(model, \"model.onnx\", save_as_external_data=True).")
    }
    let folder = model.lastIndex(of: "/").map { String(model[...$0]) } ?? ""
    let path = folder + location
    guard FileManager.default.fileExists(atPath: path) else {
      throw .usage(
        at: place, "the values lie in the file `\(printable(location))`, which is missing; looked for it at \(path)",
        remedy: "Copy it into the model's folder: exporters write it beside the model.")
    }
    let root = URL(filePath: folder.isEmpty ? "." : folder).resolvingSymlinksInPath().path
    let real = URL(filePath: path).resolvingSymlinksInPath().path
    guard real.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
      throw .usage(
        at: place, "the values lie in `\(printable(location))`, a link that leads out of the model's folder: refused",
        remedy: "Put the file itself there in place of the link, if you trust the model.")
    }
    let file = try HeldFile(path: path, kind: "file of external data", for: purpose)
    places[location] = files.count
    files.append((location, file))
    return file
  }

  private func damaged(_ message: String, at place: Place) -> Problem {
    .failure(at: place, message, remedy: WireReader.remedy)
  }
}
