using System.Formats.Tar;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Http;

/// <summary>The request bodies for models and deltas.</summary>
internal static class Bodies
{
    public const string Safetensors = "application/vnd.safetensors";

    public const string Tar = "application/x-tar";

    public const string Bytes = "application/octet-stream";

    /// <summary>A file, read while it is sent.</summary>
    public static StreamedContent File(string path, string mediaType, Action<long>? read = null)
    {
        var length = LengthOf(path);
        return new StreamedContent(
            mediaType,
            async (target, cancellation) =>
            {
                await using var file = new ExactStream(OpenRead(path), path, length);
                var buffer = new byte[1 << 17];
                while (await file.ReadAsync(buffer, cancellation) is var bytes and > 0)
                {
                    await target.WriteAsync(buffer.AsMemory(0, bytes), cancellation);
                    read?.Invoke(bytes);
                }
            },
            length);
    }

    /// <summary>Several files as one tar; each is read before the next is requested.</summary>
    public static StreamedContent TarOf(IAsyncEnumerable<UploadFile> files, string spoolFolder) => new(
        Tar,
        async (target, cancellation) =>
        {
            await using var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
            await foreach (var file in files.WithCancellation(cancellation))
            {
                await WriteEntryAsync(tar, file, spoolFolder, cancellation);
            }
        });

    /// <summary>Frames: mask, then values.</summary>
    public static StreamedContent Frames(EncodedDelta delta) => new(
        EncodedDelta.MediaType,
        async (target, cancellation) =>
        {
            var pipe = PipeWriter.Create(target, new StreamPipeWriterOptions(leaveOpen: true));
            await delta.WriteToAsync(pipe, cancellation);
            await pipe.CompleteAsync();
        },
        delta.Length);

    /// <summary>
    /// A checkpoint with its trainer state, metrics, metadata and side files as one form, so that the server stores them in one
    /// transaction. Owns all parts.
    /// </summary>
    public static MultipartFormDataContent Form(StreamedContent checkpoint, Stream? state, SaveInfo? info, IEnumerable<SideFile> sideFiles)
    {
        var form = new MultipartFormDataContent { { checkpoint, "checkpoint" } };
        if (state is not null)
        {
            form.Add(Raw(state), "state");
        }

        if (info is not null)
        {
            form.Add(
                new ByteArrayContent(info.ToJson()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } }, "info");
        }

        foreach (var file in sideFiles)
        {
            form.Add(File(file.Path, Bytes), "file", file.Name);
        }

        return form;
    }

    /// <summary>The rest of a stream. The body disposes the stream.</summary>
    public static StreamedContent Raw(Stream content) => new(
        Bytes, (target, stop) => content.CopyToAsync(target, 1 << 17, stop), LengthOf(content), content);

    public static FileStream OpenRead(string path) =>
        PositionalFile.OpenStream(path, FileOptions.SequentialScan | FileOptions.Asynchronous);

    // The length of a link's target.
    private static long LengthOf(string path)
    {
        using var file = PositionalFile.OpenInput(path);
        return file.Length;
    }

    // Some streams know their length although they cannot seek.
    private static long? LengthOf(Stream content)
    {
        try
        {
            return content.CanSeek ? content.Length - content.Position : content.Length;
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }

    // A tar gives each file's length before its bytes, so a stream of unknown length is first copied to a file.
    private static async Task WriteEntryAsync(TarWriter tar, UploadFile file, string spoolFolder, CancellationToken cancellation)
    {
        var entry = new PaxTarEntry(TarEntryType.RegularFile, file.Name);
        if (file.Content.CanSeek)
        {
            entry.DataStream = new ExactStream(file.Content, file.Name, file.Content.Length);
            await tar.WriteEntryAsync(entry, cancellation);
            return;
        }

        await using var spool = TemporaryFile.Create(spoolFolder);
        await file.Content.CopyToAsync(spool.Stream, cancellation);
        spool.Stream.Position = 0;
        entry.DataStream = spool.Stream;
        await tar.WriteEntryAsync(entry, cancellation);
    }
}
