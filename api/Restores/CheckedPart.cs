using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Mvc;

namespace FishCheckpoint.Api.Restores;

/// <summary>What a request says of content that it wants with a digest after each block (<see cref="CheckedBlocks"/>), so that a client
/// verifies what it gets as it comes.</summary>
/// <param name="Checked">Whether to answer in blocks with digests.</param>
/// <param name="Offset">The first byte. Default: 0.</param>
/// <param name="Length">The number of bytes. Default: the rest.</param>
internal readonly record struct CheckedPart(
    [FromQuery(Name = "checked")] bool? Checked, [FromQuery(Name = "offset")] long? Offset, [FromQuery(Name = "length")] long? Length)
{
    /// <summary>Answers with a part of some content.</summary>
    /// <param name="context">The request.</param>
    /// <param name="whole">Bytes of the whole content.</param>
    /// <param name="produce">Writes a part of it.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RangeInvalid"/>: the part lies outside.</exception>
    public async Task WriteAsync(HttpContext context, long whole, Func<ByteRange, PipeWriter, Task> produce)
    {
        var part = new ByteRange(Offset ?? 0, Length ?? (whole - (Offset ?? 0)));
        if (part.Offset < 0 || part.Length < 0 || part.Offset > whole - part.Length)
        {
            throw new FishException(
                ErrorCode.RangeInvalid, $"offset={part.Offset}&length={part.Length}", $"The part lies outside the {whole} bytes.",
                    "Ask for bytes that there are.");
        }

        var response = context.Response;
        (response.ContentType, response.ContentLength) = (CheckedBlocks.MediaType, CheckedBlocks.LengthOf(part.Length));
        response.Headers.AcceptRanges = "none";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await CheckedBlocks.WriteAsync(part.Offset, part.Length, target => produce(part, target), response.BodyWriter,
                context.RequestAborted);
        }
    }
}
