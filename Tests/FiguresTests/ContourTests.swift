import Testing
import Typesetting

@testable import Figures

@Suite struct ContourTests {
  /// Of a function of the distance from a point, in widths.
  private func cone(_ peaks: [Point], side: Int = 60) -> [Float] {
    (0..<side * side).map { index in
      let (x, y) = ((Double(index % side) + 0.5) / Double(side), (Double(index / side) + 0.5) / Double(side))
      let least = peaks.map { (($0.x - x) * ($0.x - x) + ($0.y - y) * ($0.y - y)).squareRoot() }.min() ?? 1
      return Float(max(0, 1 - 2 * least))
    }
  }

  @Test func aPeakIsEncircledAtHalfItsHeight() throws {
    let contour = Contour(of: cone([Point(0.5, 0.5)]), side: 60, at: 0.5)
    #expect(contour.lines.count == 1)
    let line = try #require(contour.lines.first)
    #expect(line.first == line.last)
    // 1 - 2 r = 0.5 at a quarter of the width; straight pieces keep within the tolerance.
    for point in line {
      let radius = ((point.x - 0.5) * (point.x - 0.5) + (point.y - 0.5) * (point.y - 0.5)).squareRoot()
      #expect(abs(radius - 0.25) < 0.002)
    }
    #expect(line.count > 8 && line.count < 40)
  }

  @Test func peaksHaveLinesOfTheirOwn() {
    let contour = Contour(of: cone([Point(0.25, 0.25), Point(0.75, 0.75)], side: 80), side: 80, at: 0.6)
    #expect(contour.lines.count == 2)
    #expect(contour.lines.allSatisfy { $0.first == $0.last })
  }

  @Test func aLineThatLeavesTheMapEndsAtItsEdge() throws {
    let contour = Contour(of: cone([Point(0, 0.5)]), side: 60, at: 0.5)
    let line = try #require(contour.lines.first)
    #expect(contour.lines.count == 1)
    #expect(line.first?.x == 0 && line.last?.x == 0)
    #expect(abs(abs((line.first?.y ?? 0) - (line.last?.y ?? 0)) - 0.5) < 0.02)
  }

  /// Between values of 0 and 1 the level 0.25 lies at a quarter of the way from the centre of one pixel to that of the next.
  @Test func crossingsAreInterpolated() {
    let contour = Contour(of: [0, 1, 0, 1], side: 2, at: 0.25)
    #expect(
      contour.lines == [[Point(0.375, 0), Point(0.375, 1)]] || contour.lines == [[Point(0.375, 1), Point(0.375, 0)]])
  }

  @Test func saddlesAreCutByTheirMean() {
    // The mean, 0.5, is inside at 0.5: the two corners that are 1 are joined, and the others cut off.
    #expect(Contour(of: [1, 0, 0, 1], side: 2, at: 0.5).lines.count == 2)
    #expect(Contour(of: [1, 0, 0, 1], side: 2, at: 0.9).lines.count == 2)
    let joined = Contour(of: [1, 0, 0, 1], side: 2, at: 0.4).lines
    #expect(
      joined.allSatisfy { line in line.allSatisfy { $0.x + (1 - $0.y) > 1 } || line.allSatisfy { $0.x + (1 - $0.y) < 1 }
      })
  }

  @Test(arguments: [
    [Float](repeating: 0, count: 49), [Float](repeating: 1, count: 49), [Float](repeating: .nan, count: 49),
  ])
  func flatMapsHaveNone(_ values: [Float]) {
    #expect(Contour(of: values, side: 7, at: 0.5).lines.isEmpty)
  }

  @Test func aMapOfTheWrongSizeHasNone() {
    #expect(Contour(of: [1, 0, 1], side: 2, at: 0.5).lines.isEmpty)
    #expect(Contour(of: [], side: 0, at: 0.5).lines.isEmpty)
  }

  /// What is not a number is below: the lines around it are finite.
  @Test func linesAroundNumbersAreFinite() {
    var values = cone([Point(0.5, 0.5)], side: 20)
    values[190] = .nan
    values[210] = .infinity
    let lines = Contour(of: values, side: 20, at: 0.5).lines
    #expect(lines.joined().allSatisfy { $0.x.isFinite && $0.y.isFinite })
  }
}
