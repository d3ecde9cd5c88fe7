namespace FishCheckpoint.Demo;

/// <summary>Images and their labels.</summary>
/// <param name="Pixels">One image after another, <see cref="Digits.Pixels"/> floats each, row by row, 0 (paper) to 1 (ink).</param>
/// <param name="Labels">The class of each image, from 0.</param>
public sealed record Samples(float[] Pixels, int[] Labels)
{
    /// <summary>The number of images.</summary>
    public int Count => Labels.Length;

    /// <summary>The pixels of one image.</summary>
    public ReadOnlySpan<float> Image(int index) => Pixels.AsSpan(index * Digits.Pixels, Digits.Pixels);

    /// <summary>The images at some indices, in that order.</summary>
    public Samples Pick(ReadOnlySpan<int> indices)
    {
        var picked = new Samples(new float[indices.Length * Digits.Pixels], new int[indices.Length]);
        for (var index = 0; index < indices.Length; index++)
        {
            Image(indices[index]).CopyTo(picked.Pixels.AsSpan(index * Digits.Pixels));
            picked.Labels[index] = Labels[indices[index]];
        }

        return picked;
    }
}
