using System.Globalization;
using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>The part of a <see cref="TrainerState"/> that belongs to one <see cref="IResumable"/>, with its own names.</summary>
public sealed class StateSection
{
    private readonly TrainerState state;

    internal StateSection(TrainerState state, string name) => (this.state, Name) = (state, name);

    /// <summary>The section's name.</summary>
    public string Name { get; }

    /// <summary>The names of its arrays and texts, in ordinal order.</summary>
    public IReadOnlyList<string> Names =>
        [.. state.Arrays.Keys.Concat(state.Texts.Keys).Where(key => key.StartsWith($"{Name}/", StringComparison.Ordinal))
        .Select(key => key[(Name.Length + 1)..]).Order(StringComparer.Ordinal)];

    /// <summary>Adds an array of floats; copies it.</summary>
    /// <exception cref="ArgumentException">The name is in use.</exception>
    public void Set(string name, ReadOnlySpan<float> values) => Set(name, DType.F32, MemoryMarshal.AsBytes(values));

    /// <summary>Adds an array of integers; copies it.</summary>
    /// <exception cref="ArgumentException">The name is in use.</exception>
    public void Set(string name, ReadOnlySpan<long> values) => Set(name, DType.I64, MemoryMarshal.AsBytes(values));

    /// <summary>Adds an array of any dtype with whole bytes; copies its raw bits.</summary>
    /// <exception cref="ArgumentException">The name is in use, or the bytes do not divide into elements.</exception>
    public void Set(string name, DType type, ReadOnlySpan<byte> bytes) => Own(name, type, bytes.ToArray());

    /// <summary>Adds an array of any dtype with whole bytes; takes ownership of its raw bits.</summary>
    /// <exception cref="ArgumentException">The name is in use, or the bytes do not divide into elements.</exception>
    public void Own(string name, DType type, ReadOnlyMemory<byte> bytes) => state.Put(
        KeyOf(name), bytes.Length % DTypes.UnitSizeOf(type) == 0 ? new StateArray(type, bytes)
            : throw new ArgumentException(
                $"{bytes.Length} bytes do not divide into elements of {DTypes.NameOf(type)}.", nameof(bytes)));

    /// <summary>Adds a text.</summary>
    /// <exception cref="ArgumentException">The name is in use.</exception>
    public void Set(string name, string text) => state.Put(KeyOf(name), text);

    /// <summary>Adds an integer, as text.</summary>
    /// <exception cref="ArgumentException">The name is in use.</exception>
    public void Set(string name, long value) => Set(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a number, as its shortest exact text.</summary>
    /// <exception cref="ArgumentException">The name is in use.</exception>
    public void Set(string name, double value) => Set(name, value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>Whether an array or text with a name exists.</summary>
    public bool Has(string name) => state.Find(KeyOf(name)) is var key && (state.Arrays.ContainsKey(key) || state.Texts.ContainsKey(key));

    /// <summary>The dtype of an array.</summary>
    /// <returns><see langword="null"/> if there is no such array.</returns>
    public DType? TypeOf(string name) => state.Arrays.GetValueOrDefault(state.Find(KeyOf(name)))?.Type;

    /// <summary>An array of floats.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="length">The required number; <see langword="null"/> for any number.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: it is missing, or has another dtype or length.</exception>
    public ReadOnlySpan<float> Floats(string name, int? length = null) => MemoryMarshal.Cast<byte, float>(Bytes(name, DType.F32, length));

    /// <summary>An array of integers.</summary>
    /// <inheritdoc cref="Floats"/>
    public ReadOnlySpan<long> Longs(string name, int? length = null) => MemoryMarshal.Cast<byte, long>(Bytes(name, DType.I64, length));

    /// <summary>The raw bits of an array.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its dtype.</param>
    /// <param name="length">The required number of elements; <see langword="null"/> for any number.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: it is missing, or has another dtype or length.</exception>
    public ReadOnlySpan<byte> Bytes(string name, DType type, int? length = null)
    {
        var array = state.Arrays.GetValueOrDefault(state.Find(KeyOf(name)))
            ?? throw Mismatch(name, "It is missing from the trainer state.");
        if (array.Type != type)
        {
            throw Mismatch(name, $"It has the dtype {DTypes.NameOf(array.Type)}; expected {DTypes.NameOf(type)}.");
        }

        var elements = array.Bytes.Length / DTypes.UnitSizeOf(type);
        return length is null || elements == length
            ? array.Bytes.Span : throw Mismatch(name, $"It has {elements} elements; expected {length}.");
    }

    /// <summary>A text.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: it is missing.</exception>
    public string Text(string name) =>
        state.Texts.GetValueOrDefault(state.Find(KeyOf(name))) ?? throw Mismatch(name, "It is missing from the trainer state.");

    /// <summary>An integer.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: it is missing or not an integer.</exception>
    public long Long(string name) => long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        ? value : throw Mismatch(name, $"'{Text(name)}' is not an integer.");

    /// <summary>A number.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: it is missing or not a number.</exception>
    public double Double(string name) => double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        ? value : throw Mismatch(name, $"'{Text(name)}' is not a number.");

    /// <summary>Refuses another text than expected; states of earlier versions may lack it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateMismatch"/>: the text differs.</exception>
    public void Require(string name, string expected)
    {
        if (Has(name) && Text(name) != expected)
        {
            throw Mismatch(name, $"The state belongs to {Text(name)}; this run has {expected}.");
        }
    }

    /// <summary>The error for an entry that does not fit.</summary>
    /// <param name="name">The entry.</param>
    /// <param name="cause">Why.</param>
    public FishException Mismatch(string name, string cause) => new(
        ErrorCode.StateMismatch, KeyOf(name), cause,
        "Resume with the same optimizer, mask and other parts of training as the checkpoint.");

    private string KeyOf(string name) => $"{Name}/{name}";
}
