using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>A version in one file, which has no checksums of what it gives.</summary>
/// <param name="key">What errors call the version.</param>
/// <param name="file">The file. Owned.</param>
/// <typeparam name="TFile">The file's kind.</typeparam>
/// <typeparam name="TEntry">What the file holds for a tensor.</typeparam>
internal abstract class AdapterReader<TFile, TEntry>(string key, TFile file) : IVersionDelta
    where TFile : IDisposable
{
    public IReadOnlyCollection<string> Tensors => Entries.Keys;

    public ExpectedChecksum? Whole => null;

    /// <summary>What errors call the version.</summary>
    protected string Key => key;

    /// <summary>The file.</summary>
    protected TFile File => file;

    /// <summary>What the file holds, by the names of tensors.</summary>
    protected Dictionary<string, TEntry> Entries { get; } = new(StringComparer.Ordinal);

    public abstract TensorPatch Open(string tensor, TensorInfo info);

    public ExpectedChecksum? ChecksumOf(string tensor) => null;

    public void Dispose() => file.Dispose();

    /// <summary>Fills <see cref="Entries"/>, at the end of the constructor; if that fails, the file is closed.</summary>
    protected void Collect(Action collect)
    {
        try
        {
            collect();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
