using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;
using Microsoft.Net.Http.Headers;

namespace FishCheckpoint.Api.Restores;

/// <summary>Streams a file of a model while it is rebuilt: 200, 206, 304, 412 or 416. Owns the reader.</summary>
/// <param name="reader">The model.</param>
/// <param name="file">The file's name: a path in the model's folder.</param>
/// <param name="strongTag">Its ETag; <see langword="null"/>: the file's own tag.</param>
/// <param name="checks">Whether to add a digest after each block, and which part to send.</param>
internal sealed class ModelFileResult(IModelReader reader, string file, string? strongTag = null, CheckedPart checks = default) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var owned = reader;
        // A route keeps escaped slashes; no file name has an escape.
        var (request, response, found) = (httpContext.Request, httpContext.Response, reader.FileOf(Uri.UnescapeDataString(file)));
        var tag = new EntityTagHeaderValue($"\"{strongTag ?? found.Tag.ToString()}\"");
        var unchanged = Preconditions.IsUnchanged(request.GetTypedHeaders(), tag);
        Describe(response, found, tag);
        if (unchanged)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        if (HttpMethods.IsHead(request.Method) && found.Sha256 is null && DigestField.IsWanted(request))
        {
            // A full read: only on request, and never before the file itself is sent.
            response.Headers[DigestField.Representation] = DigestField.Format(await HashAsync(found, httpContext.RequestAborted));
        }

        if (checks.Checked == true)
        {
            await checks.WriteAsync(
                httpContext, found.Bytes,
                (part, target) => reader.CopyToAsync(found.Name, part.Offset, part.Length, target, httpContext.RequestAborted));
            return;
        }

        var range = RangeOf(request, response, found, tag);
        response.ContentLength = range.Length;
        response.ContentType = ContentTypeOf(found.Name);
        if (HttpMethods.IsGet(request.Method))
        {
            await reader.CopyToAsync(found.Name, range.Offset, range.Length, response.BodyWriter, httpContext.RequestAborted);
        }
    }

    private async Task<Digest> HashAsync(RestoredFile found, CancellationToken cancellation)
    {
        var pipe = new Pipe();
        var hashing = SHA256.HashDataAsync(pipe.Reader.AsStream(), cancellation).AsTask();
        try
        {
            await reader.CopyToAsync(found.Name, 0, found.Bytes, pipe.Writer, cancellation);
            await pipe.Writer.CompleteAsync();
        }
        catch (Exception error)
        {
            await pipe.Writer.CompleteAsync(error);
            throw;
        }

        return Digest.From(await hashing);
    }

    private static void Describe(HttpResponse response, RestoredFile found, EntityTagHeaderValue tag)
    {
        response.Headers.ETag = tag.ToString();
        response.Headers.AcceptRanges = "bytes";

        // "latest" moves, so a cache asks each time and mostly gets 304.
        response.Headers.CacheControl = "no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        if (found.Sha256 is { } digest)
        {
            response.Headers[DigestField.Representation] = DigestField.Format(digest);
        }
    }

    private static ByteRange RangeOf(HttpRequest request, HttpResponse response, RestoredFile found, EntityTagHeaderValue tag)
    {
        if (!HttpMethods.IsGet(request.Method) || !Preconditions.RangeApplies(request, tag))
        {
            return new ByteRange(0, found.Bytes);
        }

        // Reports the length when the range is refused.
        response.Headers.ContentRange = $"bytes */{found.Bytes}";
        var range = ByteRange.Of(request, found.Bytes);
        response.Headers.ContentRange = range is { } part ? $"bytes {part.Offset}-{part.Offset + part.Length - 1}/{found.Bytes}" : default;
        response.StatusCode = range is null ? StatusCodes.Status200OK : StatusCodes.Status206PartialContent;
        return range ?? new ByteRange(0, found.Bytes);
    }

    private static string ContentTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".safetensors" => MediaTypes.Safetensors,
        ".json" => "application/json",
        _ => MediaTypes.Bytes,
    };
}
