using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The data that resuming needs and serving does not: named arrays and texts, in sections. It is stored as a safetensors file
/// (docs/reference/format/container.md, "Trainer state"), so reading it runs no code and works in any language. Not safe for concurrent
/// use.
/// </summary>
public sealed class TrainerState
{
    /// <summary>The metadata's <c>format</c>.</summary>
    public const string Format = "fish-trainer-state";

    /// <summary>The metadata's <c>version</c>.</summary>
    public const string Version = "1";

    private readonly Dictionary<string, StateArray> arrays = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    private Dictionary<string, string>? bare;

    /// <summary>The sections' names, in ordinal order.</summary>
    public IReadOnlyList<string> Sections =>
        [.. arrays.Keys.Concat(texts.Keys).Select(name => name[..name.IndexOf('/', StringComparison.Ordinal)])
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    internal IReadOnlyDictionary<string, StateArray> Arrays => arrays;

    internal IReadOnlyDictionary<string, string> Texts => texts;

    /// <summary>A section; empty if it has no entries.</summary>
    /// <param name="name">Its name, such as <c>optimizer</c>; without a slash.</param>
    /// <exception cref="ArgumentException">The name is empty or has a slash.</exception>
    public StateSection Section(string name) => name.Length > 0 && !name.Contains('/', StringComparison.Ordinal)
        ? new StateSection(this, name) : throw new ArgumentException("A section name must not be empty or contain a slash.", nameof(name));

    /// <summary>The state as the bytes of a file. The arrays are not copied, so do not change them while the stream is read.</summary>
    public Stream OpenRead() => TrainerStateFile.Write(this);

    /// <summary>Reads a trainer state.</summary>
    /// <param name="content">The bytes of a file, read to the end; not disposed.</param>
    /// <param name="key">Its name for errors, such as <c>task/step</c>.</param>
    /// <param name="cancellation">Cancels the reading.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: it is not a trainer state of this version; or a code of an
    /// invalid header.</exception>
    public static Task<TrainerState> ReadAsync(Stream content, string key, CancellationToken cancellation = default) =>
        TrainerStateFile.ReadAsync(content, key, cancellation);

    /// <summary>The key of an array or text: the given one, or the only key that is equal without the prefixes of model wrappers.</summary>
    internal string Find(string key)
    {
        if (arrays.ContainsKey(key) || texts.ContainsKey(key))
        {
            return key;
        }

        bare ??= arrays.Keys.Concat(texts.Keys).GroupBy(Bare, StringComparer.Ordinal).Where(keys => keys.Count() == 1)
            .ToDictionary(keys => keys.Key, keys => keys.Single(), StringComparer.Ordinal);
        return bare.GetValueOrDefault(Bare(key), key);
    }

    private static string Bare(string key)
    {
        var name = key.LastIndexOf('/') + 1;
        return key[..name] + TensorNames.Bare(key[name..]);
    }

    internal void Put(string name, StateArray array)
    {
        bare = null;
        if (!arrays.TryAdd(name, array))
        {
            throw new ArgumentException($"'{name}' is already in the state.", nameof(name));
        }
    }

    internal void Put(string name, string text)
    {
        bare = null;
        if (!texts.TryAdd(name, text))
        {
            throw new ArgumentException($"'{name}' is already in the state.", nameof(name));
        }
    }
}

/// <summary>An array of a <see cref="TrainerState"/>.</summary>
/// <param name="Type">Its dtype.</param>
/// <param name="Bytes">Its raw bits, little-endian.</param>
internal sealed record StateArray(DType Type, ReadOnlyMemory<byte> Bytes);
