namespace FishCheckpoint.Training;

/// <summary>Which labels the gradients of an example use (Sung, Nair, Raffel 2021, section 2.1).</summary>
public enum FisherKind
{
    /// <summary>The true label: the empirical Fisher information (equation 4). One gradient per example.</summary>
    Empirical,

    /// <summary>
    /// Every label, weighted with the model's probability of it: the exact expectation over p(y|x) (equation 3). One gradient per label and
    /// example; needs no true labels.
    /// </summary>
    Expected,

    /// <summary>
    /// One label drawn from p(y|x): the expectation of equation 3, estimated by a single draw, for many labels. One gradient per example;
    /// needs no true labels.
    /// </summary>
    Sampled,
}
