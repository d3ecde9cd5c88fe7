using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Zstandard;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Files;

/// <summary>Safetensors files of compressed tensors: each is a Zstandard frame in a one-dimensional U8 tensor.</summary>
internal sealed class CompressedShards : IDisposable
{
    private readonly Dictionary<string, SafetensorsFile> files = new(StringComparer.Ordinal);

    /// <summary>The names of the open files.</summary>
    public IEnumerable<string> Names => files.Keys;

    /// <summary>Opens files.</summary>
    /// <param name="folder">Their folder.</param>
    /// <param name="names">Their names, already validated as file names.</param>
    /// <param name="key">Their version, for errors.</param>
    /// <param name="maxHeaderLength">The longest header accepted, in bytes.</param>
    /// <exception cref="FishException">A file is missing or invalid.</exception>
    public static CompressedShards Open(string folder, IEnumerable<string> names, string key, int maxHeaderLength)
    {
        var shards = new CompressedShards();
        try
        {
            foreach (var name in names)
            {
                shards.files.Add(name, OpenFile(folder, name, key, maxHeaderLength));
            }

            return shards;
        }
        catch
        {
            shards.Dispose();
            throw;
        }
    }

    /// <summary>The header of a file.</summary>
    public SafetensorsHeader HeaderOf(string file) => files[file].Header;

    /// <summary>Opens the frame of a tensor.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it is missing or is not a compressed tensor.</exception>
    public ZstdReader OpenFrame(string file, string tensor, string key)
    {
        var stored = files[file].Header.Tensors.FirstOrDefault(item => item.Info.Name == tensor)
            ?? throw JsonFile.Fail(key, $"The tensor is not in {file}.");
        var (info, begin) = (stored.Info, stored.Begin);
        if (info.Type != DType.U8 || info.Shape.Count != 1)
        {
            throw JsonFile.Fail(key, $"A compressed tensor must be U8 with one dimension, not {info}.");
        }

        return new ZstdReader((offset, bytes) => files[file].ReadData(begin + offset, bytes), info.Bytes, key);
    }

    public void Dispose()
    {
        foreach (var file in files.Values)
        {
            file.Dispose();
        }
    }

    private static SafetensorsFile OpenFile(string folder, string name, string key, int maxHeaderLength)
    {
        try
        {
            return SafetensorsFile.Open(Path.Combine(folder, name), maxHeaderLength);
        }
        catch (FishException error)
        {
            throw new FishException(error.Code, $"{key}: {name}", error.Cause, error.Hint, error);
        }
    }
}
