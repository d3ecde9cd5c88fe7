using FishCheckpoint.Errors;
using Microsoft.Net.Http.Headers;

namespace FishCheckpoint.Api.Restores;

/// <summary>Part of a file.</summary>
/// <param name="Offset">The first byte.</param>
/// <param name="Length">The number of bytes.</param>
internal readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>The range that a request asks for.</summary>
    /// <param name="request">Its Range field; several ranges, other units and unreadable values count as none, as RFC 9110 allows.</param>
    /// <param name="total">The file's length.</param>
    /// <returns><see langword="null"/> for the whole file.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RangeInvalid"/>: it is outside the file.</exception>
    public static ByteRange? Of(HttpRequest request, long total)
    {
        if (request.GetTypedHeaders().Range is not { Ranges.Count: 1 } field
            || !field.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return Of(field.Ranges.First(), total) is { Length: > 0 } range ? range : throw new FishException(
            ErrorCode.RangeInvalid, request.Headers.Range.ToString(), $"The range is outside the file's {total} bytes.",
            "Request bytes within the file.");
    }

    private static ByteRange Of(RangeItemHeaderValue item, long total)
    {
        if (item.From is not { } from)
        {
            var last = Math.Min(item.To ?? 0, total);
            return new ByteRange(total - last, last);
        }

        return new ByteRange(from, Math.Min(item.To ?? long.MaxValue, total - 1) - from + 1);
    }
}
