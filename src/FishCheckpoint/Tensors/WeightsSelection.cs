using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>Selects a folder's model among its weights files, with a reason for each skipped file.</summary>
internal sealed class WeightsSelection
{
    private const string Safetensors = ".safetensors";
    private const string Torch = ".bin";
    private const string SingleStem = "model";
    private const string TorchStem = "pytorch_model";

    private readonly HashSet<string> weights;
    private readonly string? index;

    private WeightsSelection(IEnumerable<string> files, bool isTorch, string? index)
    {
        weights = new HashSet<string>(files, StringComparer.Ordinal);
        (Weights, IsTorch, this.index) = ([.. weights.Order(StringComparer.Ordinal)], isTorch, index);
    }

    /// <summary>The model's files, sorted by name.</summary>
    public IReadOnlyList<string> Weights { get; }

    /// <summary>Whether they are PyTorch files.</summary>
    public bool IsTorch { get; }

    private bool IsAdapter => WeightsName.Parse(Weights[0], IsTorch ? Torch : Safetensors).IsAdapter;

    /// <summary>Selects the model of a folder.</summary>
    /// <exception cref="FishException">The errors of <see cref="FolderContents.Read"/>.</exception>
    public static WeightsSelection Of(FolderListing listing, ModelChoice choice, int maxIndexLength)
    {
        var names = listing.Files.Select(file => file.Name).Where(name => !name.Contains('/', StringComparison.Ordinal)).ToArray();
        WeightsName[] safetensors = [.. names.Where(LeftOutRules.IsSafetensors).Select(name => WeightsName.Parse(name, Safetensors))];
        WeightsName[] bins =
            [.. names.Where(name => name.EndsWith(Torch, StringComparison.Ordinal)).Select(name => WeightsName.Parse(name, Torch))
            .Where(name => name.Stem == TorchStem)];
        string[] indexes = [.. names.Where(IsIndex)];
        var chooser = new Chooser(listing, choice, indexes, maxIndexLength);
        if (choice.File is { } wanted)
        {
            return chooser.OfFile(wanted, safetensors, bins);
        }

        return chooser.Of(safetensors.Where(name => !name.IsAdapter && !name.IsConsolidated), Safetensors) ?? chooser.Of(bins, Torch)
            ?? chooser.Of(safetensors.Where(name => name.IsConsolidated), Safetensors)
                ?? chooser.Of(safetensors.Where(name => name.IsAdapter), Safetensors)
            ?? throw chooser.NoModel(names);
    }

    /// <summary>Why a file that does not belong to the model is skipped; <see langword="null"/> if it belongs to the model.</summary>
    public string? ReasonOf(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        if (IsIndex(name))
        {
            return name == index ? null : "the index of another model";
        }

        if (name == "adapter_config.json")
        {
            return IsAdapter ? null : "an adapter";
        }

        return LeftOutRules.IsSafetensors(name) ? ReasonOf(WeightsName.Parse(name, Safetensors))
            : !LeftOutRules.IsTorch(name) ? null
            : name.StartsWith("adapter_model", StringComparison.Ordinal) ? "an adapter"
            : name.StartsWith(TorchStem, StringComparison.Ordinal) && !IsTorch
            ? "the PyTorch form of the model; its safetensors files are used"
            : "a PyTorch file or pickle beside the model";
    }

    /// <summary>Whether a file is not stored because the store writes a new one: the index of PyTorch files.</summary>
    public bool IsRegenerated(string name) => IsTorch && name == index;

    private string ReasonOf(WeightsName name) => name.IsAdapter ? "an adapter"
        : name.IsConsolidated ? "the same weights under other names"
        : name.Variant is { } variant ? $"the variant {variant}"
        : index is not null ? $"not in {index}" : LeftOutRules.OtherModel;

    private static bool IsIndex(string name) =>
        name.EndsWith(".json", StringComparison.Ordinal)
            && (name.Contains(".safetensors.index.", StringComparison.Ordinal) || name.Contains(".bin.index.", StringComparison.Ordinal));

    private sealed class Chooser(FolderListing listing, ModelChoice choice, string[] indexes, int maxIndexLength)
    {
        // The part before the extension in an index's name, with its variant: model.fp16.safetensors.index.json, or
        // model.safetensors.index.fp16.json.
        private static WeightsName NameOf(string index, string extension)
        {
            var at = index.IndexOf($"{extension}.index.", StringComparison.Ordinal);
            var variant = index[(at + extension.Length + ".index.".Length)..];
            return WeightsName.Parse($"{index[..at]}{(variant == "json" ? "" : $".{variant[..^".json".Length]}")}{extension}", extension);
        }

        public WeightsSelection? Of(IEnumerable<WeightsName> files, string extension)
        {
            var all = files.ToArray();
            if (all.Length == 0)
            {
                return null;
            }

            var sets = OfVariant(WeightsSet.Group(all));
            var variant = sets[0].Name.Variant;
            var own = indexes.Where(name => name.Contains($"{extension}.index.", StringComparison.Ordinal))
                .Select(name => (File: name, Name: NameOf(name, extension))).Where(item => item.Name.Variant == variant).ToArray();
            var main = own.Where(item => item.Name.Stem is SingleStem or TorchStem).ToArray();
            return (main.Length > 0 ? main : own) switch
            {
                [] => Selected(OfSets(sets), extension, null),
                [var only] => Indexed(only.File, extension),
                var several => throw Ambiguous(several.Select(item => item.File)),
            };
        }

        public WeightsSelection OfFile(string wanted, WeightsName[] safetensors, WeightsName[] bins)
        {
            foreach (var (names, extension) in new[] { (safetensors, Safetensors), (bins, Torch) })
            {
                if (indexes.Contains(wanted, StringComparer.Ordinal) && wanted.Contains($"{extension}.index.", StringComparison.Ordinal))
                {
                    return Indexed(wanted, extension);
                }

                if (WeightsSet.Group(names).FirstOrDefault(set => set.Files.Any(file => file.File == wanted)) is { } found)
                {
                    found.RequireWhole();
                    var index = indexes.FirstOrDefault(name => name.Contains($"{extension}.index.", StringComparison.Ordinal)
                        && ShardIndex.FilesOf(Path.Combine(listing.Folder, name), maxIndexLength)
                            .SetEquals(found.Files.Select(file => file.File)));
                    return Selected(found.Files, extension, index);
                }
            }

            throw new FishException(
                ErrorCode.FileNotFound, wanted.Length <= 128 ? wanted : wanted[..128], "The folder has no such weights file.",
                $"It has: {Listed(safetensors.Concat(bins).Select(name => name.File))}.");
        }

        public FishException NoModel(IReadOnlyList<string> names)
        {
            string[] files = [.. names.Where(LeftOutRules.IsTorch),
                .. listing.LeftOut.Where(left => left.Reason == LeftOutRules.OtherFormat).Select(left => left.Name)];
            return new FishException(
                ErrorCode.FileNotFound, listing.Folder, "The folder has no *.safetensors and no pytorch_model*.bin file at its top level.",
                listing.Models.Count > 0 ? $"These subfolders contain a model: {Listed(listing.Models)}. Give one of them."
                : files.Length > 0 ? $"It has {Listed(files)}: give a safetensors or PyTorch file."
                : "Give a safetensors or PyTorch file, or a folder of them.");
        }

        private IReadOnlyList<WeightsSet> OfVariant(IReadOnlyList<WeightsSet> sets)
        {
            if (choice.Variant is { } wanted)
            {
                WeightsSet[] chosen = [.. sets.Where(set => string.Equals(set.Name.Variant, wanted, StringComparison.OrdinalIgnoreCase))];
                return chosen.Length > 0 ? chosen : throw new FishException(
                    ErrorCode.FileNotFound, wanted.Length <= 128 ? wanted : wanted[..128], "The folder has no such variant of the model.",
                    $"It has: {Listed(sets.Select(set => set.Label))}.");
            }

            WeightsSet[] plain = [.. sets.Where(set => set.Name.Variant is null)];
            return plain.Length > 0 ? plain : sets.DistinctBy(set => set.Name.Variant, StringComparer.Ordinal).Count() == 1 ? sets
                : throw Ambiguous(sets.Select(set => set.Label));
        }

        private IReadOnlyList<WeightsName> OfSets(IReadOnlyList<WeightsSet> sets)
        {
            WeightsSet[] main = [.. sets.Where(set => set.Name.Stem is SingleStem or TorchStem)];
            sets = main.Length > 0 ? main : sets;
            if (sets.Count > 1 && (main.Length > 0 || sets.Any(set => set.Name.Of > 0)))
            {
                throw Ambiguous(sets.Select(set => set.Label));
            }

            foreach (var set in sets)
            {
                set.RequireWhole();
            }

            return [.. sets.SelectMany(set => set.Files)];
        }

        private WeightsSelection Indexed(string index, string extension)
        {
            var files = ShardIndex.FilesOf(Path.Combine(listing.Folder, index), maxIndexLength);
            foreach (var file in files.Order(StringComparer.Ordinal))
            {
                if (!FilePaths.IsSegment(file) || !file.EndsWith(extension, StringComparison.Ordinal))
                {
                    throw new FishException(
                        ErrorCode.ShardIndexInvalid, index,
                        $"The index has '{(file.Length <= 80 ? file : file[..80])}', which is not a {extension} file in its folder.",
                        "Write the shards again.");
                }

                if (!listing.Files.Any(there => there.Name == file))
                {
                    throw new FishException(
                        ErrorCode.ShardIndexInvalid, file, $"{index} has this file, but it is missing.",
                        "Copy or download it; incomplete models are refused.");
                }
            }

            return files.Count > 0 ? new WeightsSelection(files, extension == Torch, index)
                : throw new FishException(ErrorCode.ShardIndexInvalid, index, "The index has no files.", "Write the shards again.");
        }

        private static WeightsSelection Selected(IEnumerable<WeightsName> files, string extension, string? index) =>
            new(files.Select(file => file.File), extension == Torch, index);

        private FishException Ambiguous(IEnumerable<string> models) => new(
            ErrorCode.ModelAmbiguous, listing.Folder, $"The folder has several models: {Listed(models)}.",
            "Choose one with --file or --variant, or move the others away.");

        private static string Listed(IEnumerable<string> names)
        {
            const int most = 8;
            var all = names.ToArray();
            return string.Join(", ", all.Take(most)) + (all.Length > most ? $", and {all.Length - most} more" : "");
        }
    }
}
