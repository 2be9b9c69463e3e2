"""The predictor plug-ins: scikit-learn regressors over encoded architectures, one small file each."""
