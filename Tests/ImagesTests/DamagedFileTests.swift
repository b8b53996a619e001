import Foundation
import Images
import Support
import Testing

@Suite("Damaged and hostile files give a problem with a place, never a crash")
struct DamagedFileTests {
  private func message(_ bytes: [UInt8], limits: DecodingLimits = .standard) -> String {
    do {
      let image = try ImageDecoder.decode(bytes, name: "a.jpg", limits: limits)
      return "\(image.width) x \(image.height)"
    } catch {
      return "\(error.kind) \(error)"
    }
  }

  @Test(
    "Cut off anywhere",
    arguments: [
      "rgb-420.jpg", "rgb-progressive.jpg", "cmyk.jpg", "orientation-6.jpg", "grey-1.png", "palette-4-transparent.png",
      "rgb-16.png", "interlaced-16.png", "chunks-rgb.png", "p2-255.pgm", "p3-10.ppm", "p5-1000.pgm", "p6-255.ppm",
    ])
  func truncation(_ name: String) throws {
    let bytes = try Fixtures.bytes(name)
    let whole = try Fixtures.decoded(name)
    for count in 0..<bytes.count {
      do {
        // What is cut from the end may be something that is not needed, such as a last digit.
        let image = try ImageDecoder.decode(Array(bytes.prefix(count)), name: name)
        #expect(image.width == whole.width && image.height == whole.height)
        #expect(count > bytes.count - 20 || name == "chunks-rgb.png", "\(name) decodes with \(count) bytes")
      } catch {
        #expect(error.kind == .failure)
        #expect(error.place?.file == name)
      }
    }
  }

  @Test(
    "Any byte changed", arguments: ["rgb-420.jpg", "cmyk.jpg", "palette-4-transparent.png", "rgb-16.png", "p3-10.ppm"])
  func changedBytes(_ name: String) throws {
    let bytes = try Fixtures.bytes(name)
    let limits = DecodingLimits(maximumPixels: 100_000)
    var outcomes = (images: 0, problems: 0)
    for index in bytes.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var changed = bytes
        changed[index] ^= change
        do {
          let image = try ImageDecoder.decode(changed, name: name, limits: limits)
          #expect(image.pixels.count == 3 * image.width * image.height)
          outcomes.images += 1
        } catch {
          #expect(error.kind == .failure)
          outcomes.problems += 1
        }
      }
    }
    #expect(outcomes.problems > 0)
  }

  @Test func whatIsNoPictureIsNamedForWhatItIs() {
    let tail =
      "; expected JPEG, PNG, PGM or PPM (P2, P3, P5, P6)\n"
      + "  Convert it to one of these formats, or take it out of the data."
    let head = "failure a.jpg: is not a picture that can be read: by its content it is "
    #expect(message(Array("Hello, I am text.\nMore.".utf8)) == head + "text (`Hello, I am text.`)" + tail)
    #expect(message([]) == head + "empty" + tail)
    #expect(message(Array("GIF89a".utf8)) == head + "GIF" + tail)
    #expect(message(Array("RIFF....WEBPVP8 ".utf8)) == head + "WebP" + tail)
    #expect(
      message([0, 0, 0, 32] + Array("ftypavif".utf8)) == head + "an ISO media file (avif: HEIC, AVIF or video)" + tail)
    #expect(message(Array("<html><title>x</title>".utf8)) == head + "a web page" + tail)
    #expect(message(Array("8BPS..".utf8)) == head + "a picture (PSD)" + tail)
    #expect(
      message([UInt8](repeating: 0, count: 40)) == head + "zeros only: it was not copied to its end" + tail)
    #expect(message([0, 1, 2, 0xAB]) == head + "unknown data (00 01 02 AB)" + tail)
    #expect(
      message(Array("version https://git-lfs.github.com/spec/v1\n".utf8))
        == head + "a Git LFS pointer: the picture itself was not fetched (`git lfs pull` fetches it)" + tail)
  }

  @Test func truncatedFilesSayWhereTheyEnd() throws {
    #expect(
      message(Array(try Fixtures.bytes("rgb-420.jpg").dropLast(40)))
        == "failure a.jpg, byte \(try Fixtures.bytes("rgb-420.jpg").count - 40): the JPEG data ends in the middle of the "
        + "picture\n  The file is truncated: fetch or save it again.")
    #expect(
      message(Array(try Fixtures.bytes("rgb-420.jpg").prefix(30)))
        == "failure a.jpg, byte 30: the JPEG data ends in the middle of the header\n"
        + "  The file is truncated: fetch or save it again.")
    #expect(
      message(Array(try Fixtures.bytes("rgb-8.png").prefix(100)))
        == "failure a.jpg, byte 100: the PNG data ends before its last chunk (IEND)\n"
        + "  The file is truncated: fetch or save it again.")
    #expect(
      message(Array("P5 4 4 255\n".utf8) + [1, 2, 3])
        == "failure a.jpg, byte 14: the picture ends before its last sample\n"
        + "  The file is truncated: fetch or save it again.")
  }

  @Test func sizesAreCheckedBeforeMemoryIsTaken() throws {
    let bomb =
      "failure a.jpg, byte 0: the header says 60000 x 60000 pixels, more than the 100000000 that are allowed\n"
      + "  Make the picture smaller; the networks see a few hundred pixels a side."
    #expect(message(Array("P5 60000 60000 255\n".utf8)) == bomb)
    #expect(
      message(Array("P5 99999999 99999999 255\n".utf8))
        == "failure a.jpg, byte 0: the header says 99999999 x 99999999 pixels; a side may have at most 1000000\n"
        + "  Make the picture smaller; the networks see a few hundred pixels a side.")
    #expect(
      message(Array("P5 0 7 255\n".utf8))
        == "failure a.jpg, byte 0: the header says 0 x 7 pixels; a picture needs at least 1 x 1")
    let small = DecodingLimits(maximumPixels: 272)
    let tooMany =
      "the header says 21 x 13 pixels, more than the 272 that are allowed\n"
      + "  Make the picture smaller; the networks see a few hundred pixels a side."
    #expect(message(try Fixtures.bytes("rgb-8.png"), limits: small) == "failure a.jpg, byte 16: " + tooMany)
    let jpeg = try Fixtures.bytes("rgb-444.jpg")
    let frame = try #require((0..<jpeg.count - 1).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    #expect(message(jpeg, limits: small) == "failure a.jpg, byte \(frame): " + tooMany)
    #expect(message(jpeg, limits: DecodingLimits(maximumPixels: 273)) == "21 x 13")
  }

  @Test func wrongHeadersSayWhatWasExpected() throws {
    #expect(
      message(Array("P5 4 x 255\n".utf8))
        == "failure a.jpg, byte 5: expected the height, a decimal number of at most 9 digits")
    #expect(
      message(Array("P5 4 4 70000\n".utf8)) == "failure a.jpg, byte 12: the maximum is 70000; expected 1 to 65535")
    #expect(
      message(Array("P2 1 1 9 10 ".utf8))
        == "failure a.jpg, byte 11: the sample 10 is larger than the file's maximum, 9")
    var jpeg = try Fixtures.bytes("grey.jpg")
    let frame = try #require((0..<jpeg.count - 1).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    jpeg[frame + 4] = 12
    #expect(
      message(jpeg)
        == "failure a.jpg, byte \(frame): the JPEG has 12 bits per sample; only 8 are supported\n"
        + "  Convert it to an 8-bit JPEG or a 16-bit PNG.")
    jpeg[frame + 4] = 8
    jpeg[frame + 9] = 2
    #expect(
      message(jpeg)
        == "failure a.jpg, byte \(frame): the JPEG has 2 components; expected 1 (grey), 3 (colour) or 4 (CMYK)")
    var png = try Fixtures.bytes("palette-4.png")
    let palette = try #require((0..<png.count - 4).first { png[$0..<$0 + 4].elementsEqual("PLTE".utf8) })
    png[palette + 6] ^= 1
    #expect(
      message(png)
        == "failure a.jpg, byte \(palette - 4): the PNG is damaged: the checksum of its PLTE chunk is wrong\n"
        + "  Fetch or save the file again.")
    png.replaceSubrange(palette..<palette + 4, with: "PLTX".utf8)
    #expect(
      message(png)
        == "failure a.jpg, byte \(palette - 4): the PNG has a necessary chunk of the unknown type `PLTX`\n"
        + "  Save the picture again as a plain PNG.")
  }

  @Test func filesThatCannotBeReadAreNamed() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func problem(_ url: URL, limits: DecodingLimits = .standard) -> String {
      do throws(Problem) {
        return "\(try ImageDecoder.decode(contentsOf: url, name: "x.png", limits: limits).width)"
      } catch { return "\(error.kind) \(error)" }
    }
    #expect(problem(folder.appending(path: "no")) == "failure x.png: cannot be opened: No such file or directory")
    #expect(problem(folder) == "failure x.png: is not a regular file")
    let pipe = folder.appending(path: "pipe")
    #expect(mkfifo(pipe.path, 0o600) == 0)
    #expect(problem(pipe) == "failure x.png: is not a regular file")
    let file = folder.appending(path: "file")
    try Data(try Fixtures.bytes("rgb-8.png")).write(to: file)
    #expect(problem(file) == "21")
    let size = try Fixtures.bytes("rgb-8.png").count
    #expect(
      problem(file, limits: DecodingLimits(maximumFileBytes: 10))
        == "failure x.png: has \(size) bytes, more than the 10 that are allowed for a picture\n"
        + "  Make the picture smaller; the networks see a few hundred pixels a side.")
  }
}
