using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Reads a task's own tensors.</summary>
internal static class OwnTensors
{
    /// <summary>The declared and dropped tensors by name; <see langword="null"/> if there are none.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static Dictionary<string, OwnTensor?>? Parse(IEnumerable<string> own, IEnumerable<string> dropped)
    {
        var tensors = new Dictionary<string, OwnTensor?>(StringComparer.Ordinal);
        foreach (var (name, tensor) in own.Select(Parse).Concat(dropped.Select(name => (name, (OwnTensor?)null))))
        {
            if (!tensors.TryAdd(name, tensor))
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, name, "The tensor is named twice.", "Name each tensor once, in --own or --drop.");
            }
        }

        return tensors.Count > 0 ? tensors : null;
    }

    // From the right: a tensor's name may hold any character.
    private static (string Name, OwnTensor? Tensor) Parse(string text)
    {
        var shape = text.LastIndexOf(':');
        var dtype = shape > 0 ? text.LastIndexOf(':', shape - 1) : -1;
        if (dtype <= 0)
        {
            throw Invalid(text);
        }

        var dimensions = text[(shape + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(dimension =>
            long.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : throw Invalid(text));
        return (text[..dtype], new OwnTensor(text[(dtype + 1)..shape], [.. dimensions]));
    }

    private static FishException Invalid(string text) => new(
        ErrorCode.RequestInvalid, text, "This is not a tensor.", "Write NAME:DTYPE:SHAPE, as in head.weight:F32:2,64, or bias:F32:2.");
}
