using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>Checks the tensors of a full model against the task layout.</summary>
internal static class LayoutMatch
{
    /// <summary>Checks that a model has exactly the tensors of a layout, in any order.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorUnknown"/>, <see cref="ErrorCode.TensorMissing"/>,
    /// <see cref="ErrorCode.DtypeMismatch"/>, <see cref="ErrorCode.ShapeMismatch"/>.</exception>
    public static void Check(Layout expected, Layout model)
    {
        foreach (var tensor in model.Tensors)
        {
            if (!expected.TryIndexOf(tensor.Name, out var index))
            {
                throw new FishException(
                    ErrorCode.TensorUnknown, tensor.Name, "The task layout has no such tensor.",
                    "Declare it as the task's own tensor, or omit it.");
            }

            CheckOne(expected.Tensors[index], tensor);
        }

        if (expected.Tensors.FirstOrDefault(tensor => !model.TryIndexOf(tensor.Name, out _)) is { } missing)
        {
            throw new FishException(
                ErrorCode.TensorMissing, missing.Name, $"The model has no tensor {missing}.",
                "Send all tensors, declare it dropped, or send a sparse patch.");
        }
    }

    private static void CheckOne(TensorInfo expected, TensorInfo found)
    {
        if (expected.Type != found.Type)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, found.Name,
                $"The task layout has {DTypes.NameOf(expected.Type)}; the model has {DTypes.NameOf(found.Type)}.",
                "Save in the base's dtype, or declare the tensor as the task's own.");
        }

        if (!expected.Shape.SequenceEqual(found.Shape))
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, found.Name,
                $"The task layout has {TensorInfo.ShapeText(expected.Shape)}; the model has {TensorInfo.ShapeText(found.Shape)}.",
                "If the shape should differ, declare the tensor as the task's own.");
        }
    }
}
