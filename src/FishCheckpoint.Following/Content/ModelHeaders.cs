using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>Reads the headers of a model's files: one read each, two for a long header.</summary>
internal static class ModelHeaders
{
    private const int FirstRead = 1 << 16;

    /// <summary>Whether a file holds tensors.</summary>
    public static bool IsTensors(string file) => ModelFiles.IsName(file);

    /// <summary>Whether a local folder of the same state has the model's headers. Files with other headers are other files.</summary>
    /// <param name="here">The folder.</param>
    /// <param name="model">The model.</param>
    /// <param name="maxLength">The longest header accepted, in bytes.</param>
    public static bool AreIn(PulledFolder here, IModelReader model, int maxLength) => model.Files.Where(file => IsTensors(file.Name))
        .All(file => here.Manifest!.Files.Any(old => old.Name == file.Name && (old.Sha256 == file.Tag || IsIn(here, file, maxLength))));

    /// <summary>Reads the headers of all files that hold tensors; the keys are file names.</summary>
    public static async Task<Dictionary<string, SafetensorsHeader>> ReadAsync(
        IModelReader model, int maxLength, CancellationToken cancellation)
    {
        var headers = new Dictionary<string, SafetensorsHeader>(StringComparer.Ordinal);
        foreach (var file in model.Files.Where(file => IsTensors(file.Name)))
        {
            var first = await ReadAsync(model, file.Name, 0, Math.Min(FirstRead, file.Bytes), cancellation);
            var length = HeaderParser.ReadLength(first, file.Bytes, file.Name, maxLength);
            var json = first.AsMemory(Math.Min(first.Length, SafetensorsHeader.PrefixLength));
            if (json.Length < length)
            {
                json = await ReadAsync(model, file.Name, SafetensorsHeader.PrefixLength, length, cancellation);
            }

            headers.Add(file.Name, HeaderParser.Parse(json[..length], file.Name, file.Bytes - SafetensorsHeader.PrefixLength - length));
        }

        return headers;
    }

    private static bool IsIn(PulledFolder here, RestoredFile file, int maxLength)
    {
        try
        {
            using var old = SafetensorsFile.Open(Path.Combine(here.Path, file.Name), maxLength);
            return Mismatch.HasHeader(file, here.Manifest!.State, old.Header);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FishException)
        {
            return false;
        }
    }

    private static async Task<byte[]> ReadAsync(IModelReader model, string file, long offset, long length, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        var pipe = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        await model.CopyToAsync(file, offset, length, pipe, cancellation);
        await pipe.CompleteAsync();
        return bytes.ToArray();
    }
}
