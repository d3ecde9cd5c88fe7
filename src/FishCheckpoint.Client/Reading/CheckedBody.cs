using System.Net;
using System.Net.Http.Headers;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Reading;

/// <summary>
/// Content of the server, read in blocks and verified block by block. A damaged block or an early end of the response is requested once
/// more. An older server sends plain bytes, of which only the length is verified.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="path">The path of the content.</param>
/// <param name="tag">The wanted version's strong entity tag; <see langword="null"/>: that of the first response.</param>
/// <param name="end">Explains a response that ends early.</param>
internal sealed class CheckedBody(FishHttp server, string path, string? tag, TruncatedResponse end) : IDisposable
{
    private string? tag = tag;
    private HttpResponseMessage? response;
    private Stream? stream;
    private long position;
    private long last;
    private bool retried;

    /// <summary>Bytes of the requested content, once it is open.</summary>
    public long Length { get; private set; }

    private bool IsChecked => response?.Content.Headers.ContentType?.MediaType == CheckedBlocks.MediaType;

    /// <summary>Requests all of the content.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        await AskAsync(0, null, cancellation);
        var sent = response!.Content.Headers.ContentLength
            ?? throw server.Unavailable(new IOException("The response has no content length."));
        Length = last = IsChecked ? ContentOf(sent) : sent;
    }

    /// <summary>Requests a part of the content.</summary>
    /// <param name="offset">Its first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    public async Task OpenAsync(long offset, long length, CancellationToken cancellation)
    {
        (position, last, Length) = (offset, offset + length, length);
        await AskAsync(offset, length, cancellation);
    }

    /// <summary>Reads the next block.</summary>
    /// <param name="buffer">Filled from its beginning; <see cref="CheckedBlocks.BlockSize"/> bytes.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <returns>How many bytes were read; 0 at the end.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>: a block was damaged twice;
    /// <see cref="ErrorCode.CheckpointChanged"/>: the checkpoint was replaced; <see cref="ErrorCode.ServerUnavailable"/>: the response
    /// ended early twice; or the damage that the server reports.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (position < last)
        {
            var block = buffer[..(int)Math.Min(CheckedBlocks.BlockSize, last - position)];
            try
            {
                if (await ReadBlockAsync(block, cancellation))
                {
                    (position, retried) = (position + block.Length, false);
                    return block.Length;
                }

                if (retried)
                {
                    throw CheckedBlocks.Mismatch(path, position);
                }
            }
            catch (IOException error) when (retried || !IsChecked)
            {
                throw await end.ExplainAsync(error, cancellation);
            }
            catch (IOException)
            {
                // Request the rest once more.
            }

            retried = true;
            await AskAsync(position, last - position, cancellation);
        }

        return 0;
    }

    public void Dispose()
    {
        stream?.Dispose();
        response?.Dispose();
    }

    // The inverse of CheckedBlocks.LengthOf.
    private static long ContentOf(long sent)
    {
        const int whole = CheckedBlocks.BlockSize + Tensors.Digest.Size;
        return (sent / whole * CheckedBlocks.BlockSize) + Math.Max(0, (sent % whole) - Tensors.Digest.Size);
    }

    private async ValueTask<bool> ReadBlockAsync(Memory<byte> block, CancellationToken cancellation)
    {
        if (IsChecked)
        {
            return await CheckedBlocks.ReadAsync(stream!, position, block, cancellation);
        }

        await stream!.ReadExactlyAsync(block, cancellation);
        return true;
    }

    private async Task AskAsync(long offset, long? length, CancellationToken cancellation)
    {
        Dispose();
        var part = offset == 0 && length is null ? "" : FormattableString.Invariant($"&offset={offset}&length={length}");
        response = await SendAsync($"{path}?checked=true{part}", null, cancellation);
        if (!IsChecked && part.Length > 0 && response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentLength is { } whole
            && (offset > 0 || length < whole))
        {
            response.Dispose();
            response = await SendAsync(path, new RangeHeaderValue(offset, offset + length - 1), cancellation);
        }

        if (tag is not null && response.Headers.ETag is { } found && found.Tag != $"\"{tag}\"")
        {
            throw Problem.Changed(path);
        }

        tag ??= response.Headers.ETag?.Tag.Trim('"');
        if (length is { } expected && response.Content.Headers.ContentLength != (IsChecked ? CheckedBlocks.LengthOf(expected) : expected))
        {
            throw server.Unavailable(new IOException(
                $"Requested {expected} bytes; the response has {response.Content.Headers.ContentLength} ({(int)response.StatusCode})."));
        }

        stream = await response.Content.ReadAsStreamAsync(cancellation);
    }

    private Task<HttpResponseMessage> SendAsync(string asked, RangeHeaderValue? range, CancellationToken cancellation) => server.SendAsync(
        HttpMethod.Get, asked,
        prepare: request =>
        {
            request.Headers.Range = range;
            if (tag is not null)
            {
                request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{tag}\""));
            }
        },
        cancellation: cancellation);
}
