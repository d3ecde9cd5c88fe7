using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>A full version as a delta that replaces every tensor. The version's own header is ignored.</summary>
internal sealed class FullDelta : IVersionDelta
{
    private readonly ModelFolder model;
    private readonly SafetensorsFile[] files;

    /// <summary>Checks that the model has the tensors of the layout.</summary>
    /// <param name="model">The model. Owned.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="maxHeaderLength">The longest header accepted, in bytes.</param>
    /// <exception cref="Errors.FishException">A tensor is missing; nothing is disposed.</exception>
    public FullDelta(ModelFolder model, Layout layout, int maxHeaderLength)
    {
        LayoutMatch.Check(layout, model.Layout);
        (this.model, files) = (model, [.. model.Paths.Select(path => SafetensorsFile.Open(path, maxHeaderLength))]);
    }

    public IReadOnlyCollection<string> Tensors => [.. model.Layout.Tensors.Select(tensor => tensor.Name)];

    public ExpectedChecksum? Whole => null;

    public TensorPatch Open(string tensor, TensorInfo info)
    {
        model.Layout.TryIndexOf(tensor, out var index);
        var place = model.Files.PlaceOf(index);
        return new ReplacePatch(files[place.File], place.Begin);
    }

    public ExpectedChecksum? ChecksumOf(string tensor) => null;

    public void Dispose()
    {
        Array.ForEach(files, file => file.Dispose());
        model.Dispose();
    }
}
