using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>Refuses a full model whose tensors are not those of the task layout, and says which and how.</summary>
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
                    "Declare it as the task's own tensor, or leave it out.");
            }

            CheckOne(expected.Tensors[index], tensor);
        }

        if (expected.Tensors.FirstOrDefault(tensor => !model.TryIndexOf(tensor.Name, out _)) is { } missing)
        {
            throw new FishException(
                ErrorCode.TensorMissing, missing.Name, $"The model lacks {missing}.",
                "Send all tensors, declare it dropped, or send a sparse patch.");
        }
    }

    private static void CheckOne(TensorInfo expected, TensorInfo found)
    {
        if (expected.Type != found.Type)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, found.Name,
                $"The task layout says {DTypes.NameOf(expected.Type)}, the model {DTypes.NameOf(found.Type)}.",
                "Save in the base's dtype, or declare the tensor as the task's own.");
        }

        if (!expected.Shape.SequenceEqual(found.Shape))
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, found.Name,
                $"The task layout says {TensorInfo.ShapeText(expected.Shape)}, the model {TensorInfo.ShapeText(found.Shape)}.",
                "Declare the tensor as the task's own if its shape is meant to differ.");
        }
    }
}
