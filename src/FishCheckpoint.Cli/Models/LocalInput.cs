using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>
/// An input that can be read by position and more than once: the file or folder itself, or the bytes of a pipe, a device or
/// standard input (<c>-</c>) in a temporary file that lives as long as this object.
/// </summary>
internal sealed class LocalInput : IDisposable
{
    private readonly string? folder;

    private LocalInput(string path, string? folder) => (Path, this.folder) = (path, folder);

    /// <summary>The file or folder to read.</summary>
    public string Path { get; }

    /// <summary>Opens an input.</summary>
    /// <param name="path">Its path, or <c>-</c>.</param>
    /// <param name="terminal">Whose standard input is meant by <c>-</c>.</param>
    /// <param name="maxBytes">The largest input of unknown length, in bytes.</param>
    /// <param name="cancellation">Ends the reading, leaving nothing.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TooLarge"/>; <see cref="ErrorCode.InsufficientStorage"/>: the temporary folder
    /// has no room;
    /// <see cref="ErrorCode.FileNotFound"/>: it is empty; <see cref="ErrorCode.RequestInvalid"/>: standard input is a
    /// terminal.</exception>
    public static async Task<LocalInput> OpenAsync(string path, Terminal terminal, long maxBytes, CancellationToken cancellation)
    {
        if (path is not "-" && !AtomicFile.IsStream(path))
        {
            return new LocalInput(path, null);
        }

        var temporary = Directory.CreateTempSubdirectory("fish-input-").FullName;
        var input = new LocalInput(System.IO.Path.Combine(temporary, "input"), temporary);
        try
        {
            await using var source = path is "-" ? terminal.OpenInput() : Open(path);
            await input.CopyAsync(source, path, maxBytes, cancellation);
            return input;
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (folder is not null)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static FileStream Open(string path) => PositionalFile.OpenStream(path, FileOptions.None);

    private async Task CopyAsync(Stream source, string from, long maxBytes, CancellationToken cancellation)
    {
        try
        {
            await using var target = new FileStream(Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            var buffer = new byte[1 << 17];
            while (await source.ReadAsync(buffer, cancellation) is var read and > 0)
            {
                if (target.Position + read > maxBytes)
                {
                    throw new FishException(ErrorCode.TooLarge, from, $"The input has more than {maxBytes} bytes.",
                        "Raise Limits:MaxUploadBytes, or give a file.");
                }

                await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }

            if (target.Position == 0)
            {
                throw new FishException(ErrorCode.FileNotFound, from, "The input is empty.",
                    "Check the program that writes it.");
            }
        }
        catch (IOException error) when (FullDisk.Is(error))
        {
            throw new FishException(
                ErrorCode.InsufficientStorage, from, $"The temporary folder has no room for the input: {error.Message}",
                    "Set TMPDIR to a larger disk, or give a file.", error);
        }
    }
}
