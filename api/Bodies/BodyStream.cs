using System.Security.Cryptography;
using FishCheckpoint.Api.Errors;
using FishCheckpoint.Api.Limits;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Bodies;

/// <summary>
/// A request's body. If it is too long, truncated or has another digest than announced, it throws at its last read at the latest, so a
/// reader that commits after the end never commits wrong bytes.
/// </summary>
internal sealed class BodyStream : ReadOnlyStream
{
    private readonly HttpRequest request;
    private readonly Stream body;
    private readonly long limit;
    private readonly Digest? expected;
    private readonly UploadLease? lease;
    private readonly IncrementalHash? hash;
    private long total;
    private bool ended;

    /// <summary>Refuses a body whose announced length is too long.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">The largest size accepted, in bytes.</param>
    /// <param name="expected">The announced SHA-256 of the body, if any.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TooLarge"/>; <see cref="ErrorCode.InsufficientStorage"/>;
    /// <see cref="ErrorCode.MediaTypeUnsupported"/>: the body is compressed.</exception>
    public BodyStream(HttpRequest request, long limit, Digest? expected)
    {
        (this.request, body, this.limit, this.expected) = (request, request.Body, limit, expected);
        MediaTypes.RequirePlain(request);
        if (request.ContentLength > limit)
        {
            throw TooLarge();
        }

        lease = request.HttpContext.Features.Get<UploadLease>();
        lease?.Announce(request.ContentLength ?? 0);
        hash = expected is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await ReceiveAsync(buffer, cancellationToken);
        if ((total += read) > limit)
        {
            throw TooLarge();
        }

        lease?.Receive(read);
        hash?.AppendData(buffer.Span[..read]);
        if (read == 0 && buffer.Length > 0 && !ended)
        {
            ended = true;
            CheckWhole();
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        hash?.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellation);
        }
        catch (IOException error)
        {
            throw BodyErrors.Truncated(request.Path, error);
        }
    }

    private void CheckWhole()
    {
        if (request.ContentLength is { } announced && total != announced)
        {
            throw BodyErrors.Truncated(request.Path, null);
        }

        if (hash is not null && Digest.Finish(hash) is var found && found != expected)
        {
            throw new FishException(
                ErrorCode.DigestMismatch, request.Path, $"The body has the digest {found}; the request announced {expected}.",
                "Send it again; nothing was stored.");
        }
    }

    private FishException TooLarge() => new(
        ErrorCode.TooLarge, request.Path, $"The body is longer than the server's limit of {limit} bytes.",
        "Raise the server's limit (FishCheckpoint:Limits), or send less.");
}
