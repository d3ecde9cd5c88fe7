using System.Globalization;
using System.Text.RegularExpressions;

namespace FishCheckpoint.Tensors;

/// <summary>The parts of a weights file's name, such as <c>model.fp16-00001-of-00002.safetensors</c>.</summary>
/// <param name="File">The whole name.</param>
/// <param name="Stem">The model's name, such as <c>model</c>.</param>
/// <param name="Variant">Its variant, such as <c>fp16</c>.</param>
/// <param name="Part">The shard's number; 0 if the file is not a shard.</param>
/// <param name="Of">The number of shards in the name; 0 if the file is not a shard.</param>
internal sealed partial record WeightsName(string File, string Stem, string? Variant, int Part, int Of)
{
    private static readonly string[] Stems = ["model", "pytorch_model", "diffusion_pytorch_model", "adapter_model"];

    private static readonly string[] Variants =
        ["fp16", "bf16", "fp32", "fp8", "f16", "f32", "int8", "int4", "nf4", "8bit", "4bit", "ema", "non_ema", "ema_only"];

    /// <summary>Whether this is a PEFT adapter: changes to a model, not a model.</summary>
    public bool IsAdapter => Stem == "adapter_model";

    /// <summary>Whether these are the same weights under the author's original names instead of those of Transformers.</summary>
    public bool IsConsolidated => Stem == "consolidated" || Stem.StartsWith("consolidated.", StringComparison.Ordinal);

    /// <summary>Parses a name.</summary>
    /// <param name="file">The name, without a folder.</param>
    /// <param name="extension">Its extension, such as <c>.safetensors</c>.</param>
    public static WeightsName Parse(string file, string extension)
    {
        var text = file[..^extension.Length];
        var shard = Shard().Match(text);
        var (part, of) = (NumberOf(shard, "part"), NumberOf(shard, "of"));
        var rest = of > 0 ? text.Remove(shard.Index, shard.Length) : text;
        var pieces = rest.Split('.');
        return pieces.Length > 1 && (Stems.Contains(pieces[0], StringComparer.Ordinal) || pieces[1..].All(Variants.Contains))
            ? new WeightsName(file, pieces[0], string.Join('.', pieces[1..]), of > 0 ? part : 0, of)
            : new WeightsName(file, rest, null, of > 0 ? part : 0, of);
    }

    private static int NumberOf(Match match, string group) =>
        int.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(
        @"-(?<part>[0-9]{1,9})-of-(?<of>[0-9]{1,9})(?=\.|\z)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.RightToLeft, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shard();
}
