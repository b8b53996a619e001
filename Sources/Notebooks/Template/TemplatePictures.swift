import Foundation
import Images
import Support
import Typesetting

/// Pictures that a template names: taken into its text when it is read, so that whoever keeps the text has them too.
enum TemplatePictures {
  /// Of all of a template's pictures, encoded.
  private static let mostBytes = 1_000_000

  /// The text with the path of every picture replaced by its content.
  ///
  /// A path leads from the template's folder to a file within it. Pictures are decoded and encoded again, so that
  /// nothing else that their files hold reaches a report: no date, place or name. What is wrong with one, that it leads
  /// elsewhere, is no picture, or is too large, stands in the text in place of its content, and `picture` throws it.
  static func takenIn(_ source: String, folder: URL, file: String) -> String {
    guard source.contains("![") else { return source }
    var lines: [String] = []
    var isCode = false
    var total = 0
    for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") || line.hasPrefix("~~~") { isCode.toggle() }
      guard !isCode, line.contains("![") else {
        lines.append(String(line))
        continue
      }
      let place = Place(file: file, line: index + 1)
      let code = line.ranges(of: /`+[^`]*`+/)
      var text = ""
      var rest = Substring(line)
      // A path with spaces stands between < and >; one with values is refused; what does not end as a picture does is none.
      let picture =
        /(!\[[^\]]*\]\()\s*(?:<([^<>]+)>|([^()]*\{\{[^()]*)|((?:[^()\s]|\([^()\s]*\))+))(?=\s*\)|\s+["'(])/
      while let found = rest.firstMatch(of: picture) {
        let isEscaped = rest[..<found.range.lowerBound].hasSuffix("\\")
        guard !isEscaped, !code.contains(where: { $0.contains(found.range.lowerBound) }) else {
          text += rest[..<found.range.upperBound]
          rest = rest[found.range.upperBound...]
          continue
        }
        text += rest[..<found.range.lowerBound] + found.1
        let path = String(found.2 ?? found.3 ?? found.4 ?? "")
        if path.hasPrefix(prefix) {
          text += path
        } else if path.contains("{{") {
          text += address(
            of: .usage(
              at: place, "the path of a picture cannot hold values", remedy: "Name each picture by itself."))
        } else {
          do throws(Problem) {
            let bytes = try encoded(path, folder: folder, at: place)
            guard total + bytes.count <= mostBytes else {
              throw .usage(
                at: place, "with the picture `\(path)` the template's pictures take more than \(mostBytes / 1000) KB",
                remedy: "Make them smaller: 1000 pixels are enough for the width of a page.")
            }
            total += bytes.count
            text += address(of: bytes)
          } catch {
            text += address(of: error)
          }
        }
        rest = rest[found.range.upperBound...]
      }
      lines.append(text + rest)
    }
    return lines.joined(separator: "\n")
  }

  private static let prefix = "data:image/"
  /// Before a picture that cannot be used: a message, and behind a line break what to do.
  private static let problemPrefix = "data:text/plain;base64,"

  private static func address(of problem: Problem) -> String {
    problemPrefix + Data("\(problem.message)\n\(problem.remedy ?? "")".utf8).base64EncodedString()
  }

  private static func address(of bytes: [UInt8]) -> String {
    let kind = ImageFormat.recognise(bytes) == .jpeg ? "jpeg" : "png"
    return "\(prefix)\(kind);base64,\(Data(bytes).base64EncodedString())"
  }

  private static func encoded(_ path: String, folder: URL, at place: Place) throws(Problem) -> [UInt8] {
    let isInside = !path.hasPrefix("/") && !path.contains(":") && !path.split(separator: "/").contains("..")
    let url = folder.appending(path: path.removingPercentEncoding ?? path).resolvingSymlinksInPath()
    let home = folder.resolvingSymlinksInPath().path
    guard isInside, url.path.hasPrefix(home.hasSuffix("/") ? home : home + "/") else {
      throw .usage(
        at: place, "the picture `\(path)` does not lie in the template's folder",
        remedy: "Put it beside the template, and name it from there.")
    }
    do throws(Problem) {
      let bytes = try ImageFile.read(url, name: path)
      let image = try ImageDecoder.decode(bytes, name: path)
      // Photographs stay small as JPEG; drawings keep their edges as PNG.
      return ImageFormat.recognise(bytes) == .jpeg
        ? try ImageEncoder.jpeg(image, quality: 92) : try ImageEncoder.png(image)
    } catch {
      throw .usage(
        at: place, "the picture `\(path)` cannot be used: \(error.message)",
        remedy: "Name a PNG or JPEG file in the template's folder.")
    }
  }

  /// What an address that `takenIn` wrote leads to.
  static func picture(_ address: String, at place: Place) throws(Problem) -> EncodedPicture {
    if address.hasPrefix(problemPrefix), let data = Data(base64Encoded: String(address.dropFirst(problemPrefix.count)))
    {
      let parts = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      throw .usage(
        at: place, String(parts.first ?? ""), remedy: parts.dropFirst().joined(separator: "\n"))
    }
    guard address.hasPrefix(prefix), let comma = address.firstIndex(of: ","), address[..<comma].hasSuffix(";base64"),
      let data = Data(base64Encoded: String(address[address.index(after: comma)...]))
    else {
      throw .usage(
        at: place, "a picture cannot come from `\(address.prefix(60))`",
        remedy: "Name a PNG or JPEG file in the template's folder.")
    }
    let bytes = Array(data)
    let image: RGBImage
    do throws(Problem) {
      image = try ImageDecoder.decode(bytes, name: "the picture")
    } catch {
      throw .usage(at: place, error.message, remedy: "Name a PNG or JPEG file in the template's folder.")
    }
    return EncodedPicture(
      format: ImageFormat.recognise(bytes) == .jpeg ? .jpeg : .png, bytes: bytes, pixelWidth: image.width,
      pixelHeight: image.height)
  }
}
