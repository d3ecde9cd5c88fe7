using System.Buffers;
using FishCheckpoint.Api.Errors;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Api.Bodies;

/// <summary>A complete body as a temporary file or folder, which is deleted with this object.</summary>
internal sealed class Spooled : IDisposable
{
    private const int BufferSize = 1 << 18;

    private Spooled(EngineOptions options) => Path = System.IO.Path.Combine(options.TemporaryFolder, $"{Guid.NewGuid():N}.upload");

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>Receives a body as one file.</summary>
    public static Task<Spooled> ReceiveFileAsync(EngineOptions options, Stream body, CancellationToken cancellation) =>
        ReceiveAsync(options, path => WriteAsync(path, body, cancellation));

    /// <summary>Receives files into a folder.</summary>
    public static Task<Spooled> ReceiveFolderAsync(
        EngineOptions options, IAsyncEnumerable<UploadFile> files, CancellationToken cancellation) =>
        ReceiveAsync(options, async path =>
        {
            Directory.CreateDirectory(path);
            await foreach (var file in files.WithCancellation(cancellation))
            {
                var place = System.IO.Path.Combine(path, file.Name);
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(place)!);
                await WriteAsync(place, file.Content, cancellation);
            }
        });

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
        else
        {
            File.Delete(Path);
        }
    }

    private static async Task<Spooled> ReceiveAsync(EngineOptions options, Func<string, Task> receive)
    {
        var spooled = new Spooled(options);
        try
        {
            Directory.CreateDirectory(options.TemporaryFolder);
            await receive(spooled.Path);
            return spooled;
        }
        catch (Exception error)
        {
            spooled.Dispose();
            throw Translate(error) ?? error;
        }
    }

    private static FishException? Translate(Exception error) => error switch
    {
        EndOfStreamException => BodyErrors.Truncated("tar", error),
        IOException or UnauthorizedAccessException => new FishException(
            ErrorCode.StorageUnavailable, "data folder", error.Message,
            "Check the disk's space and permissions, and try again; nothing was stored.", error),
        _ => null,
    };

    private static async Task WriteAsync(string path, Stream content, CancellationToken cancellation)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var (read, offset) = (BufferSize, 0L);
            while (read == BufferSize)
            {
                read = await content.ReadAtLeastAsync(buffer.AsMemory(0, BufferSize), BufferSize, throwOnEndOfStream: false, cancellation);
                Write(file, buffer.AsSpan(0, read), offset);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Writes go to the page cache; another thread would take longer.
    private static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);
}
