import CCairo
import Foundation
import Support
import Typesetting

/// Shapes text by Pango, for measuring and for drawing alike, so that a measured width is the drawn one: no hinting,
/// subpixel positions, one unit a point.
///
/// Pango's objects belong to one thread at a time; a lock sees to that.
public final class PangoShaper: TextMeasurer, @unchecked Sendable {
  private let lock = NSLock()
  private let fontMap: UnsafeMutablePointer<PangoFontMap>
  private let context: OpaquePointer
  private var metrics: [Font: (ascent: Double, descent: Double)] = [:]
  private var extents: [Font: [String: Double]] = [:]

  /// - Parameter fallback: for the characters that the report's own fonts have not.
  /// - Throws: `Problem` when the fonts cannot be opened.
  public init(fallback: FallbackFonts = .none) throws(Problem) {
    let configuration = try FontBook.configuration(with: fallback)
    guard let map = pango_cairo_font_map_new(), let context = pango_font_map_create_context(map) else {
      throw .failure("Pango could not be started", remedy: "`heatdrift doctor` checks the installed libraries.")
    }
    fontMap = map
    pango_fc_font_map_set_config(OpaquePointer(map), configuration)
    pango_cairo_font_map_set_resolution(OpaquePointer(map), 72)
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    pango_cairo_context_set_font_options(context, options)
    cairo_font_options_destroy(options)
    pango_context_set_round_glyph_positions(context, 0)
    // The language chooses among localised forms of glyphs; the environment's must not.
    pango_context_set_language(context, pango_language_from_string("en"))
    // Words are placed from left to right, a space at their ends; what is written from right to left turns within them.
    pango_context_set_base_dir(context, PANGO_DIRECTION_LTR)
    self.context = context
  }

  deinit {
    g_object_unref(UnsafeMutableRawPointer(context))
    g_object_unref(UnsafeMutableRawPointer(fontMap))
  }

  public func extent(of text: String, font: Font) -> TextExtent {
    lock.withLock {
      let vertical = fontMetrics(font)
      if let width = extents[font]?[text] {
        return TextExtent(width: width, ascent: vertical.ascent, descent: vertical.descent)
      }
      let layout = makeLayout(text, font)
      defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
      var logical = PangoRectangle()
      if let line = pango_layout_get_line_readonly(layout, 0) { pango_layout_line_get_extents(line, nil, &logical) }
      let width = Double(logical.width) / Double(PANGO_SCALE)
      extents[font, default: [:]][text] = width
      return TextExtent(width: width, ascent: vertical.ascent, descent: vertical.descent)
    }
  }

  /// Draws with the left end of the baseline at the current point.
  /// - Parameter asPath: places glyphs exactly on pixels too: up to Cairo 1.16 they stand at whole ones, from 1.18 on at
  ///   quarters.
  func draw(_ text: String, font: Font, on cairo: OpaquePointer, asPath: Bool) {
    lock.withLock {
      let layout = makeLayout(text, font)
      defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
      guard let line = pango_layout_get_line(layout, 0) else { return }
      alignBaselines(line)
      if asPath {
        pango_cairo_layout_line_path(cairo, line)
        cairo_fill(cairo)
      } else {
        pango_cairo_show_layout_line(cairo, line)
      }
    }
  }

  /// Puts all scripts of a line on one baseline. Pango hangs some by the top of the line's first, which is right for a line
  /// of that script, and lifts a name above the words around it.
  private func alignBaselines(_ line: UnsafeMutablePointer<PangoLayoutLine>) {
    var next = line.pointee.runs
    while let run = next {
      run.pointee.data?.assumingMemoryBound(to: PangoGlyphItem.self).pointee.y_offset = 0
      next = run.pointee.next
    }
  }

  private func makeLayout(_ text: String, _ font: Font) -> OpaquePointer {
    let layout = pango_layout_new(context)
    pango_layout_set_single_paragraph_mode(layout, 1)
    pango_layout_set_auto_dir(layout, 0)
    let description = describe(font)
    pango_layout_set_font_description(layout, description)
    pango_font_description_free(description)
    let attributes = pango_attr_list_new()
    // Lining figures of equal width, so that columns of numbers align.
    pango_attr_list_insert(attributes, pango_attr_font_features_new("lnum=1, tnum=1"))
    pango_attr_list_insert(attributes, pango_attr_fallback_new(1))
    pango_layout_set_attributes(layout, attributes)
    pango_attr_list_unref(attributes)
    pango_layout_set_text(layout, text, Int32(text.utf8.count))
    return unsafeBitCast(layout, to: OpaquePointer.self)
  }

  private func describe(_ font: Font) -> OpaquePointer? {
    let description = pango_font_description_new()
    pango_font_description_set_family(description, FontBook.name(font.family))
    pango_font_description_set_absolute_size(description, font.size * Double(PANGO_SCALE))
    pango_font_description_set_weight(description, font.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    let slant = font.family == .serif ? PANGO_STYLE_ITALIC : PANGO_STYLE_OBLIQUE
    pango_font_description_set_style(description, font.italic ? slant : PANGO_STYLE_NORMAL)
    return description
  }

  private func fontMetrics(_ font: Font) -> (ascent: Double, descent: Double) {
    if let known = metrics[font] { return known }
    let description = describe(font)
    defer { pango_font_description_free(description) }
    let found = pango_context_get_metrics(context, description, nil)
    defer { pango_font_metrics_unref(found) }
    let value = (
      Double(pango_font_metrics_get_ascent(found)) / Double(PANGO_SCALE),
      Double(pango_font_metrics_get_descent(found)) / Double(PANGO_SCALE)
    )
    metrics[font] = value
    return value
  }
}
