using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>A <see cref="TrainerState"/> as a safetensors file, and back.</summary>
internal static class TrainerStateFile
{
    private const string FormatKey = "format";
    private const string VersionKey = "version";

    /// <summary>The file's bytes, with arrays in the order of their names.</summary>
    public static Stream Write(TrainerState state)
    {
        var arrays = state.Arrays.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToArray();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [FormatKey] = TrainerState.Format,
            [VersionKey] = TrainerState.Version };
        foreach (var (name, text) in state.Texts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            metadata.Add(name, text);
        }

        var header = HeaderWriter.Create(arrays.Select(pair => InfoOf(pair.Key, pair.Value)), metadata);
        return new PartsStream([header.ToFileBytes(), .. arrays.Select(pair => pair.Value.Bytes)]);
    }

    /// <summary>Reads a file: the inverse of <see cref="Write"/>.</summary>
    public static async Task<TrainerState> ReadAsync(Stream content, string key, CancellationToken cancellation)
    {
        var prefix = new byte[SafetensorsHeader.PrefixLength];
        var read = await content.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, cancellation);
        var json = await ReadBytesAsync(content, HeaderParser.ReadLength(prefix.AsSpan(0, read), null, key), key, cancellation);
        var header = HeaderParser.Parse(json, key);
        if (header.Metadata.GetValueOrDefault(FormatKey) != TrainerState.Format
            || header.Metadata.GetValueOrDefault(VersionKey) != TrainerState.Version)
        {
            throw Fail(key, "The bytes are not a trainer state of a known version.");
        }

        var state = new TrainerState();
        foreach (var (name, text) in header.Metadata.Where(pair => pair.Key.Contains('/', StringComparison.Ordinal)))
        {
            state.Put(name, text);
        }

        foreach (var tensor in header.Tensors)
        {
            if (!tensor.Info.Name.Contains('/', StringComparison.Ordinal))
            {
                throw Fail(key, $"The array '{tensor.Info.Name}' belongs to no section.");
            }

            if (tensor.Info.Bytes > Array.MaxLength)
            {
                throw Fail(key, $"The array '{tensor.Info.Name}' has {tensor.Info.Bytes} bytes; the limit is {Array.MaxLength}.");
            }

            state.Put(tensor.Info.Name,
                new StateArray(tensor.Info.Type, await ReadBytesAsync(content, (int)tensor.Info.Bytes, key, cancellation)));
        }

        // Reads to the end, where the store compares the digest.
        return await content.ReadAsync(prefix, cancellation) == 0 ? state : throw Fail(key, "There are bytes after the last array.");
    }

    private static TensorInfo InfoOf(string name, StateArray array) =>
        new(name, array.Type, [array.Bytes.Length / DTypes.UnitSizeOf(array.Type)]);

    // The buffer grows with the received bytes: a declared length alone allocates little.
    private static async Task<byte[]> ReadBytesAsync(Stream content, int length, string key, CancellationToken cancellation)
    {
        var bytes = new byte[Math.Min(length, Blocks.Size)];
        for (var filled = 0; ;)
        {
            filled += await content.ReadAtLeastAsync(
                bytes.AsMemory(filled), bytes.Length - filled, throwOnEndOfStream: false, cancellation);
            if (filled < bytes.Length)
            {
                throw Fail(key, "The state ends early.");
            }

            if (filled == length)
            {
                return bytes;
            }

            Array.Resize(ref bytes, (int)Math.Min(length, 4L * filled));
        }
    }

    private static FishException Fail(string key, string cause) =>
        new(ErrorCode.StateMismatch, key, cause, "Resume from a checkpoint that a hook saved.");

    private sealed class PartsStream(IReadOnlyList<ReadOnlyMemory<byte>> parts) : ReadOnlyStream
    {
        private int part;
        private int offset;

        public override long Length { get; } = parts.Sum(part => (long)part.Length);

        public override int Read(Span<byte> buffer)
        {
            while (part < parts.Count && offset == parts[part].Length)
            {
                (part, offset) = (part + 1, 0);
            }

            if (part == parts.Count)
            {
                return 0;
            }

            var count = Math.Min(buffer.Length, parts[part].Length - offset);
            parts[part].Span.Slice(offset, count).CopyTo(buffer);
            offset += count;
            return count;
        }
    }
}
